"""Cities as readers call them, with their zones: the names in English, Russian and Kazakh, and other usual ones."""

_TABLE = """
Asia/Almaty        Almaty Алматы Алма-Ата Alma-Ata
Asia/Almaty        Astana Астана Нур-Султан Нұр-Сұлтан
Asia/Almaty        Shymkent Шымкент Чимкент
Asia/Almaty        Karaganda Караганда Қарағанды
Asia/Aqtobe        Aktobe Актобе Ақтөбе Актюбинск
Asia/Almaty        Taraz Тараз Жамбыл
Asia/Almaty        Pavlodar Павлодар
Asia/Almaty        Oskemen Усть-Каменогорск Өскемен Ust-Kamenogorsk
Asia/Almaty        Semey Семей Семипалатинск
Asia/Atyrau        Atyrau Атырау Гурьев
Asia/Qostanay      Kostanay Костанай Қостанай Кустанай
Asia/Qyzylorda     Kyzylorda Кызылорда Қызылорда Кзыл-Орда
Asia/Oral          Oral Уральск Орал Uralsk
Asia/Almaty        Petropavl Петропавловск Петропавл Қызылжар
Asia/Aqtau         Aktau Актау Ақтау Шевченко
Asia/Almaty        Temirtau Темиртау Теміртау
Asia/Almaty        Turkistan Туркестан Түркістан
Asia/Almaty        Kokshetau Кокшетау Көкшетау Кокчетав
Asia/Almaty        Taldykorgan Талдыкорган Талдықорған
Asia/Almaty        Ekibastuz Экибастуз Екібастұз
Asia/Almaty        Zhezkazgan Жезказган Жезқазған Джезказган
Asia/Almaty        Balkhash Балхаш Балқаш
Asia/Aqtau         Zhanaozen Жанаозен Жаңаөзен
Asia/Almaty        Qonaev Конаев Қонаев Капчагай Қапшағай
Asia/Almaty        Ridder Риддер
Europe/Moscow      Moscow Москва Мәскеу Moskva
Europe/Moscow      Saint_Petersburg Санкт-Петербург Питер СПб Ленинград
Asia/Novosibirsk   Novosibirsk Новосибирск Новосібір
Asia/Yekaterinburg Yekaterinburg Екатеринбург
Asia/Omsk          Omsk Омск Омбы
Asia/Yekaterinburg Chelyabinsk Челябинск Челябі
Asia/Yekaterinburg Orenburg Оренбург Орынбор
Asia/Yekaterinburg Tyumen Тюмень Түмен
Europe/Moscow      Kazan Казань Қазан
Europe/Samara      Samara Самара
Europe/Astrakhan   Astrakhan Астрахань Астрахан
Asia/Barnaul       Barnaul Барнаул Барнауыл
Asia/Krasnoyarsk   Krasnoyarsk Красноярск
Asia/Irkutsk       Irkutsk Иркутск
Asia/Vladivostok   Vladivostok Владивосток
Europe/Kaliningrad Kaliningrad Калининград
Asia/Tashkent      Tashkent Ташкент Тәшкент Toshkent
Asia/Samarkand     Samarkand Самарканд Самарқанд
Asia/Bishkek       Bishkek Бишкек Бішкек
Asia/Bishkek       Osh Ош
Asia/Dushanbe      Dushanbe Душанбе
Asia/Ashgabat      Ashgabat Ашхабад
Asia/Ulaanbaatar   Ulaanbaatar Улан-Батор Ұланбатыр
Asia/Shanghai      Beijing Пекин Бейжің Peking
Asia/Shanghai      Shanghai Шанхай
Asia/Shanghai      Guangzhou Гуанчжоу
Asia/Urumqi        Urumqi Урумчи Үрімші
Asia/Hong_Kong     Hong_Kong Гонконг
Asia/Tokyo         Tokyo Токио
Asia/Seoul         Seoul Сеул
Asia/Bangkok       Bangkok Бангкок
Asia/Singapore     Singapore Сингапур
Asia/Jakarta       Jakarta Джакарта
Asia/Ho_Chi_Minh   Hanoi Ханой
Asia/Kolkata       Delhi Дели
Asia/Kolkata       Mumbai Мумбаи Бомбей
Asia/Karachi       Karachi Карачи
Asia/Kabul         Kabul Кабул
Asia/Tehran        Tehran Тегеран
Asia/Baghdad       Baghdad Багдад Бағдат
Asia/Dubai         Dubai Дубай
Asia/Riyadh        Riyadh Эр-Рияд
Asia/Baku          Baku Баку
Asia/Tbilisi       Tbilisi Тбилиси
Asia/Yerevan       Yerevan Ереван
Europe/Istanbul    Istanbul Стамбул Ыстанбұл Стамбұл
Europe/Istanbul    Ankara Анкара
Europe/Kyiv        Kyiv Киев Kiev
Europe/Minsk       Minsk Минск
Europe/Berlin      Berlin Берлин
Europe/Paris       Paris Париж
Europe/London      London Лондон
Europe/Madrid      Madrid Мадрид
Europe/Rome        Rome Рим
Europe/Vienna      Vienna Вена
Europe/Prague      Prague Прага
Europe/Warsaw      Warsaw Варшава
Europe/Amsterdam   Amsterdam Амстердам
Europe/Athens      Athens Афины Афина
Africa/Cairo       Cairo Каир
Africa/Lagos       Lagos Лагос
Africa/Nairobi     Nairobi Найроби
America/New_York   New_York Нью-Йорк NYC
America/New_York   Washington Вашингтон
America/Chicago    Chicago Чикаго
America/Los_Angeles Los_Angeles Лос-Анджелес
America/Toronto    Toronto Торонто
America/Mexico_City Mexico_City Мехико
America/Sao_Paulo  São_Paulo Сан-Паулу
America/Argentina/Buenos_Aires Buenos_Aires Буэнос-Айрес
Australia/Sydney   Sydney Сидней
Pacific/Auckland   Auckland Окленд
"""
_ROWS = [line.split() for line in _TABLE.strip().splitlines()]
CITIES = [(zone, [name.replace("_", " ") for name in names]) for zone, *names in _ROWS]
