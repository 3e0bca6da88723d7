"""Look for known vulnerabilities of the locked requirements with pip-audit; exit code 1 if there are any.

Where the service that knows them cannot be reached, that is said in one line, and the rest of CI goes on: so with
nothing else, and not with findings.
"""

import json
import subprocess
import sys

NOT_REACHED = (
    "ConnectionError",
    "ConnectTimeout",
    "NameResolutionError",
    "Max retries exceeded",
    "ReadTimeout",
)
NOT_KNOWN = "not found on PyPI"
"""How pip-audit words an index that has packages, and nothing to say of their vulnerabilities."""


def verdict(code: int, output: str, errors: str) -> tuple[int, str]:
    """The exit code and what to print, from what pip-audit gave back."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        if code and any(word in errors for word in NOT_REACHED):
            return 0, "pip-audit: skipped, its vulnerability service cannot be reached"
        return 1, f"pip-audit failed:\n{errors}"
    found = [
        f"{each['name']} {each['version']}: {bug['id']}, mended in {', '.join(bug['fix_versions']) or 'no version yet'}"
        for each in packages
        for bug in each.get("vulns", ())
    ]
    skipped = [each for each in packages if "skip_reason" in each]
    if found or code:
        return 1, "\n".join(found) or f"pip-audit failed:\n{errors}"
    if (
        skipped
        and len(skipped) == len(packages)
        and all(NOT_KNOWN in each["skip_reason"] for each in skipped)
    ):
        return 0, "pip-audit: skipped, its vulnerability service cannot be reached"
    if skipped or not packages:
        named = "\n".join(f"{each['name']}: {each['skip_reason']}" for each in skipped)
        return 1, f"pip-audit could not look up\n{named or 'anything'}"
    return 0, f"pip-audit: no known vulnerability in {len(packages)} packages"


if __name__ == "__main__":
    command = [
        *sys.argv[1:],
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--disable-pip",
        "--require-hashes",
    ]
    done = subprocess.run([*command, "-r", "requirements.txt"], capture_output=True, text=True, check=False)  # noqa: S603
    exit_code, text = verdict(done.returncode, done.stdout, done.stderr)
    print(text)
    sys.exit(exit_code)
