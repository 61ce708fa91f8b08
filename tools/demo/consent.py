"""What customers allowed: a log of grants and withdrawals, and the state it must lead to."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tools.demo import world
from tools.demo.columns import coded

PURPOSES = ["marketing", "profiling"]
CHANNELS = ["email", "sms", "web"]
SOURCES = ["checkout", "sms_opt_in", "cookie_banner", "unsubscribe_link", "preference_center"]
STATES = ["granted", "never_granted", "withdrawn", "expired"]
_SMS_VALID_DAYS = 730
# purpose, channel, source, share of customers asked, share of them that agreed
_ASKED = [
    (0, 0, 0, 1.0, 0.82),
    (0, 1, 1, 0.45, 0.6),
    (1, 2, 2, 0.35, 0.7),
]
_WITHDRAWN, _GIVEN_AGAIN = 0.14, 0.2


@dataclass
class Consents:
    """The log as a frame, the state at the period's end, and when e-mails were allowed."""

    frame: pd.DataFrame
    truth: pd.DataFrame
    email_from: np.ndarray  # seconds; NEVER for customers who never agreed
    email_until: np.ndarray  # the first withdrawal, or the period's end


def draw_consents(seed, customers):
    """Draw the log of consents.

    Parameters
    ----------
    seed : int
    customers : customers.Customers

    Returns
    -------
    Consents
    """
    rng = world.stream(seed, "consents")
    n = len(customers)
    email_from = np.full(n, world.NEVER)
    email_until = np.full(n, world.PERIOD_SECONDS)
    parts = []
    for kind, (purpose, channel, source, asked_share, agreed_share) in enumerate(_ASKED):
        asked = rng.random(n) < asked_share
        if channel == 0:
            asked &= customers.has_email
        if channel == 1:
            asked &= customers.phone >= 0
        who = np.flatnonzero(asked)
        agreed = rng.random(len(who)) < agreed_share
        given = customers.created[who]
        parts.append(_rows(who, kind, purpose, channel, source, agreed, given))

        room = given < world.PERIOD_SECONDS - 10 * world.DAY
        leaves = who[agreed & room & (rng.random(len(who)) < _WITHDRAWN)]
        late = world.spread(
            rng, customers.created[leaves] + 3 * world.DAY, world.PERIOD_SECONDS - 3600
        )
        no = np.zeros(len(leaves), dtype=bool)
        parts.append(_rows(leaves, kind, purpose, channel, 3, no, late))
        if channel == 0:
            email_from[who[agreed]] = customers.created[who[agreed]]
            email_until[leaves] = late

        returns = (rng.random(len(leaves)) < _GIVEN_AGAIN) & (
            late < world.PERIOD_SECONDS - 20 * world.DAY
        )
        again = world.spread(rng, late[returns] + world.DAY, world.PERIOD_SECONDS - 3600)
        yes = np.ones(len(again), dtype=bool)
        parts.append(_rows(leaves[returns], kind, purpose, channel, 4, yes, again))
    log = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    ranked = np.lexsort((log["kind"], log["customer"], log["recorded"]))
    log = {name: values[ranked] for name, values in log.items()}
    frame = pd.DataFrame(
        {
            "number": np.arange(1, len(ranked) + 1),
            "customer": log["customer"] + 1,
            "purpose": coded(log["purpose"], PURPOSES),
            "channel": coded(log["channel"], CHANNELS),
            "granted": log["granted"],
            "recorded_at": world.timestamps(log["recorded"]),
            "expires_at": world.timestamps(log["expires"]),
            "source": coded(log["source"], SOURCES),
        }
    )
    return Consents(frame, _states(log), email_from, email_until)


def _rows(customer, kind, purpose, channel, source, granted, recorded):
    n = len(customer)
    expires = recorded + _SMS_VALID_DAYS * world.DAY
    # nothing expires on the demo's last days: what "on the day" means is not asked here
    close = np.abs(expires - world.PERIOD_SECONDS) < 4 * world.DAY
    expires = np.where(close, expires + 10 * world.DAY, expires)
    return {
        "customer": customer,
        "kind": np.full(n, kind, dtype=np.int8),
        "purpose": np.full(n, purpose, dtype=np.int8),
        "channel": np.full(n, channel, dtype=np.int8),
        "source": np.full(n, source, dtype=np.int8),
        "granted": granted,
        "recorded": recorded,
        "expires": np.where(granted & (channel == 1), expires, world.NEVER),
    }


def _states(log):
    """Return the state of each customer, purpose and channel: the row recorded last decides."""
    what = log["customer"] * len(_ASKED) + log["kind"]
    order = np.lexsort((log["recorded"], what))
    what = what[order]
    last = order[np.append(what[1:] != what[:-1], np.ones(min(len(what), 1), dtype=bool))]
    first_of = np.full(what.max(initial=-1) + 1, len(what), dtype=np.int64)
    np.minimum.at(first_of, what, np.arange(len(what)))
    single = last == order[first_of[log["customer"][last] * len(_ASKED) + log["kind"][last]]]
    expired = log["granted"][last] & (log["expires"][last] != world.NEVER)
    expired &= log["expires"][last] < world.PERIOD_SECONDS
    state = np.where(expired, 3, np.where(log["granted"][last], 0, np.where(single, 1, 2)))
    return pd.DataFrame(
        {
            "customer": log["customer"][last] + 1,
            "purpose": coded(log["purpose"][last], PURPOSES),
            "channel": coded(log["channel"][last], CHANNELS),
            "granted": state == 0,
            "state": coded(state, STATES),
        }
    )
