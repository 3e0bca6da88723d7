/* A Bot API that answers at once, or after a fixed latency, with texts made beforehand: never the bottleneck.
 *
 *   fake_bot_api LATENCY_MS MESSAGE.json ME.json
 *
 * Prints its port on 127.0.0.1. One thread, epoll, keep-alive connections. POST …/sendMessage is answered with the
 * message, …/getMe with the bot, GET /sent with the number of messages so far, and anything else with `true`.
 * It ends with the process that started it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 1 << 17, MOST = 8192, EVENTS = 256 };

struct connection {
    int open;
    unsigned life; /* counts who has had this file descriptor: an answer must not reach the next one */
    size_t filled;
    char *bytes;
};
struct answer {
    char *bytes;
    size_t size;
};
struct waiting { /* with one latency for all, first come is first served: a ring is enough */
    double due;
    int fd;
    unsigned life;
};

static struct connection connections[MOST];
static struct waiting ring[ROOM];
static size_t first, last;
static struct answer message, me, yes;
static unsigned long sent;
static double latency;
static int poller;

static double now(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return moment.tv_sec + moment.tv_nsec / 1e9;
}

static void give_up(const char *what) {
    perror(what);
    exit(1);
}

static struct answer framed(const char *body, size_t size) {
    struct answer made = {malloc(size + 160), 0};
    int head = sprintf(made.bytes, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", size);
    memcpy(made.bytes + head, body, size);
    made.size = head + size;
    return made;
}

static struct answer from_file(const char *path) {
    static char body[ROOM];
    FILE *file = fopen(path, "r");
    if (!file) give_up(path);
    size_t size = fread(body, 1, sizeof body, file);
    fclose(file);
    return framed(body, size);
}

static void hang_up(int fd) {
    close(fd);
    connections[fd].open = 0;
    connections[fd].life++;
}

static void write_all(int fd, struct answer answer) {
    while (answer.size) {
        ssize_t written = send(fd, answer.bytes, answer.size, MSG_NOSIGNAL);
        if (written < 0 && errno == EAGAIN) {
            usleep(20);
            continue;
        }
        if (written < 0) {
            hang_up(fd);
            return;
        }
        answer.bytes += written;
        answer.size -= written;
    }
}

static void reply(int fd, const char *line, size_t size) {
    if (memmem(line, size, "/sendMessage ", 13)) {
        sent++;
        if (latency <= 0) {
            write_all(fd, message);
            return;
        }
        ring[last++ % ROOM] = (struct waiting){now() + latency, fd, connections[fd].life};
    } else if (memmem(line, size, "/getMe ", 7)) {
        write_all(fd, me);
    } else if (memmem(line, size, " /sent ", 7)) {
        char count[32];
        struct answer made = framed(count, sprintf(count, "%lu", sent));
        write_all(fd, made);
        free(made.bytes);
    } else {
        write_all(fd, yes);
    }
}

/* Bytes of the request that `bytes` begins with; 0: it is not complete. */
static size_t whole(char *bytes, size_t filled) {
    char *end = memmem(bytes, filled, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = end - bytes + 4, body = 0;
    *end = 0;
    char *length = strcasestr(bytes, "\r\ncontent-length:");
    int chunked = strcasestr(bytes, "\r\ntransfer-encoding: chunked") != NULL;
    *end = '\r';
    if (length) body = strtoul(length + 17, NULL, 10);
    if (chunked) {
        char *close_ = memmem(end, filled - (end - bytes), "\r\n0\r\n\r\n", 7);
        return close_ ? (size_t)(close_ - bytes) + 7 : 0;
    }
    return head + body <= filled ? head + body : 0;
}

static void hear(int fd) {
    struct connection *from = &connections[fd];
    ssize_t got = recv(fd, from->bytes + from->filled, ROOM - from->filled, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        hang_up(fd);
        return;
    }
    from->filled += got;
    size_t done = 0, size;
    while (from->open && done < from->filled && (size = whole(from->bytes + done, from->filled - done))) {
        char *line = from->bytes + done;
        reply(fd, line, (char *)memchr(line, '\r', size) - line);
        done += size;
    }
    memmove(from->bytes, from->bytes + done, from->filled - done);
    from->filled -= done;
}

static void welcome(int listening) {
    int fd, one = 1;
    while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= MOST) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *new = &connections[fd];
        if (!new->bytes) new->bytes = malloc(ROOM);
        new->open = 1;
        new->filled = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static void answer_those_due(void) {
    double moment = now();
    for (; first < last && ring[first % ROOM].due <= moment; first++) {
        struct waiting *next = &ring[first % ROOM];
        if (connections[next->fd].open && connections[next->fd].life == next->life) write_all(next->fd, message);
    }
}

static int listening_socket(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 1024)) give_up("listen");
    getsockname(fd, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "fake_bot_api LATENCY_MS MESSAGE.json ME.json\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    latency = atof(arguments[1]) / 1000;
    message = from_file(arguments[2]);
    me = from_file(arguments[3]);
    yes = framed("{\"ok\":true,\"result\":true}", 25);
    poller = epoll_create1(0);
    int listening = listening_socket();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listening}, events[EVENTS];
    epoll_ctl(poller, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int patience = -1;
        if (first < last) {
            double left = (ring[first % ROOM].due - now()) * 1000;
            patience = left <= 0 ? 0 : (int)left + 1;
        }
        int ready = epoll_wait(poller, events, EVENTS, patience);
        answer_those_due();
        for (int each = 0; each < ready; each++) {
            int fd = events[each].data.fd;
            if (fd == listening) welcome(fd);
            else if (connections[fd].open) hear(fd);
        }
    }
}
