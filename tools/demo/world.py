"""Period, places and names of the demo, and the random streams all rooms draw from.

Time is counted in whole seconds (or fractional days) since `PERIOD_START`. Samples are drawn
with `numpy.random.Generator` methods and combined with + - * / only: vectorised exp, log and
power may differ in the last bit between processors, and the demo must be the same everywhere.
"""

import zlib

import numpy as np

PERIOD_START = np.datetime64("2023-01-01T00:00:00", "s")
PERIOD_DAYS = 912  # 2023-01-01 to 2025-06-30, both included
FUTURE_DAYS = 730  # how long the simulation runs on after the period, 2025-07-01 to 2027-06-30
NEXT_YEAR_DAYS = 365
DAY = 86_400
PERIOD_SECONDS = PERIOD_DAYS * DAY
_OPENS, _OPEN_SECONDS = 19_800, 64_800
SYNCED_AT = "2025-07-01 02:00:00"
NEVER = np.iinfo(np.int64).min  # seconds of what did not happen; a NaT as a timestamp

CONSUMER, BUSINESS = 0, 1
CUSTOMER_TYPES = ["consumer", "business"]

COUNTRIES = ["DE", "FR", "GB", "US", "CH"]
COUNTRY_SHARES = [0.53, 0.26, 0.08, 0.07, 0.06]
CURRENCIES = ["EUR", "GBP", "USD", "CHF"]
COUNTRY_CURRENCY = np.array([0, 0, 1, 2, 3], dtype=np.int8)

# (country, region, city, postal code); '#' is a digit, '@' a letter.
# No natural postal code starts with a zero: those that do are planted.
PLACES = [
    ("DE", "Berlin", "Berlin", "10###"),
    ("DE", "Hamburg", "Hamburg", "20###"),
    ("DE", "Bayern", "Muenchen", "80###"),
    ("DE", "Nordrhein-Westfalen", "Koeln", "50###"),
    ("DE", "Hessen", "Frankfurt am Main", "60###"),
    ("DE", "Baden-Wuerttemberg", "Stuttgart", "70###"),
    ("FR", "Ile-de-France", "Paris", "750##"),
    ("FR", "Auvergne-Rhone-Alpes", "Lyon", "690##"),
    ("FR", "Occitanie", "Toulouse", "310##"),
    ("FR", "Nouvelle-Aquitaine", "Bordeaux", "330##"),
    ("GB", "England", "London", "SW# #@@"),
    ("GB", "England", "Manchester", "M# #@@"),
    ("GB", "Scotland", "Edinburgh", "EH# #@@"),
    ("US", "NY", "New York", "100##"),
    ("US", "CA", "San Francisco", "941##"),
    ("US", "IL", "Chicago", "606##"),
    ("US", "TX", "Austin", "787##"),
    ("CH", "Zuerich", "Zuerich", "80##"),
    ("CH", "Bern", "Bern", "30##"),
    ("CH", "Vaud", "Lausanne", "10##"),
]

# Numbers no one can own: ranges the regulators keep for fiction (DE, FR, GB, US), and for CH
# the area code 00, which is not assigned. '#' is a digit.
PHONES = [
    "+49 30 23125 ###",
    "+33 1 99 00 ## ##",
    "+44 20 7946 0###",
    "+1 202 555 01##",
    "+41 00 000 ## ##",
]

FEMALE_NAMES = (
    "Anna Clara Emma Greta Hanna Ida Julia Klara Laura Lena Lucie Manon Marie Mia Nina Nora "
    "Olivia Paula Sofia Zoe"
).split()
MALE_NAMES = (
    "Adam Anton Ben David Emil Felix Hugo Jonas Jules Karl Leo Louis Lukas Max Noah Oscar Paul "
    "Samuel Theo Tom"
).split()
GIVEN_NAMES = FEMALE_NAMES + MALE_NAMES
FAMILY_NAMES = (
    "Ackermann Bailey Barbier Baumann Becker Bernard Blanc Brown Brunner Carter Clark Dubois "
    "Dupont Ernst Evans Fischer Fontaine Frei Garnier Girard Graf Gray Haas Hall Hartmann Henry "
    "Hill Hofmann Huber Hughes Jung Keller Koch Lambert Lang Laurent Lewis Marchand Martin Meier "
    "Mercier Moreau Morris Mueller Neumann Parker Petit Reed Richter Robin Roth Roux Schmid "
    "Sommer Stein Taylor Turner Vogel Walker Weber"
).split()
INDUSTRIES = ["cafe", "hotel", "restaurant", "office", "retail", "catering"]
COMPANY_SUFFIXES = ["Cafe", "Hotel", "Kitchen", "Offices", "Shop", "Catering"]


def stream(seed, *names):
    """Return the random generator of one step: changing one step leaves the others alone.

    Parameters
    ----------
    seed : int
    *names : str
        What the numbers are drawn for.

    Returns
    -------
    numpy.random.Generator
    """
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def timestamps(seconds):
    """Turn seconds since the period's start, shape (n,), into datetime64[s]."""
    return PERIOD_START + np.asarray(seconds, dtype=np.int64).astype("timedelta64[s]")


def happened(seconds):
    """Keep the seconds that lie in the period, NEVER for later ones; shape (n,)."""
    seconds = np.asarray(seconds, dtype=np.int64)
    return np.where(seconds < PERIOD_SECONDS - 60, seconds, NEVER)


def spread(rng, start, end):
    """Draw whole seconds between two ends, shape (n,); the start where the end is not later."""
    start = np.asarray(start, dtype=np.int64)
    width = np.maximum(np.asarray(end, dtype=np.int64) - start, 0)
    return start + (rng.random(len(start)) * width).astype(np.int64)


def shop_seconds(time):
    """Place a time within its day's opening hours, 05:30 to 23:30; days and order stay.

    Parameters
    ----------
    time : ndarray of float, shape (n,)
        Days since the period's start, >= 0.

    Returns
    -------
    ndarray of int64, shape (n,)
        Seconds since the period's start.
    """
    day = np.floor(time)
    return day.astype(np.int64) * DAY + _OPENS + ((time - day) * _OPEN_SECONDS).astype(np.int64)


def day_of(date):
    """Count whole days from the period's start to an ISO date; '2023-01-02' is 1."""
    return int((np.datetime64(date, "D") - PERIOD_START.astype("datetime64[D]")).astype(int))


def month_of_days(n_days):
    """Return the calendar month, 1 to 12, of each of the first `n_days` days."""
    days = PERIOD_START.astype("datetime64[D]") + np.arange(n_days)
    return days.astype("datetime64[M]").astype(int) % 12 + 1
