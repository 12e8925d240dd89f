"""What Schemathesis cannot know of this API by itself; see script/contract.

A description bounds each value. It cannot say that a section names a price tier of the same request, or
a seat one of the same showtime: such requests are valid by the description, and 422 is right. Those
refusals are listed here by their words, so that a refusal for any other reason still is a failure.
"""

import os
import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

# One line for each rule about more than one value.
BEYOND_A_DESCRIPTION = [
    # Names are those of a showtime, or of the same request.
    r"there is no (seat|section|price tier) .*",
    r"names no price tier",
    r"the section has numbered seats: name them under seats",
    r"the area .* has \d+ places: ask for .*",
    r"the plan has no (category|zone) .*",
    r"is for (the box office|places that are named).*",
    r"(is|are) for (reserved|general_admission); .*",
    r"at least one needs a price: nothing of this layout is for sale",
    # Which characters are seen is Unicode's to say, and no pattern that every tool reads says it.
    r"must not contain U\+.*",
    r"must not be blank",
    # Names are there once.
    r"(the (seat|area) )?.* is a duplicate(, first at .*)?",
    r"row .* comes again, first at .*",
    # Several values together.
    r"a hold is for 1 to 10 places",
    r"must be from 60 to \d+, not \d+",
    r"\d+ is more than hold_ttl_max_seconds, which is \d+",
    r"must be later than on_sale_from",
    r"must be earlier than on_sale_until, which stays as it is",
    r"must be before starts_at, when the sale ends .*",
    r"is missing, and the section has none",
    r"all tiers must be in one currency, and the first is in .*",
    r"(the layout may have|together) .*",
    # What the time is, no description says.
    r"must be in the future",
    # JSON counts characters, and what is stored is bounded in bytes of UTF-8.
    r"has more than (200|500) bytes",
    r"must not be empty",
    # Which links and passwords are good is known to this server alone.
    r"is not good: it was used, is too old, or is not whole; ask for another",
    r"is not the password of this account",
    r"is missing, and this account has one",
    r"is one of those that everybody tries first: choose another",
    r"is missing, here and as a cookie",
    # The part before the sign has at most 64 characters.
    r"must be an address such as .*",
    # By a name that it has read in an answer it sends what by the description is none.
    r"must be an object, not .*",
    # A plan is a file of another program's.
    r"the plan has no seats",
]
ALLOWED = re.compile("|".join(f"(?:{line})" for line in BEYOND_A_DESCRIPTION), re.DOTALL)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure, unless it is a valid request that a rule about several values refuses."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (413, 422):
        return True
    problem = response.json()
    # A whole body has a bound too, and a key that was used before is somebody else's by now.
    if problem["code"] in ("PAYLOAD_TOO_LARGE", "IDEMPOTENCY_KEY_REUSED"):
        return False
    errors = problem.get("errors", [])
    return not (errors and all(ALLOWED.fullmatch(error["message"]) for error in errors))


def agree(showtime):
    """Makes a showtime of one whose values are each right: names agree and are there once."""
    tiers, sections = showtime["price_tiers"], showtime["sections"]
    for at, tier in enumerate(tiers):
        tier["code"] = f"T{at}"
        tier["price"] = tier.get("price") or {"amount": at}
        tier["price"]["currency"] = "INR"
    for at, section in enumerate(sections):
        section["code"] = f"S{at}"
        section["price_tier"] = tiers[at % len(tiers)]["code"]
        for number, row in enumerate(section.get("rows") or []):
            row["row"] = f"R{number}"
            row["price_tier"] = section["price_tier"]
            if isinstance(row["seats"], list):
                row["seats"] = len(row["seats"])
    for name in ("on_sale_from", "on_sale_until", "hold_ttl_seconds", "hold_ttl_max_seconds"):
        showtime.pop(name, None)


# Whether whole walks are asked for, rather than each operation by itself.
WALKS = os.environ.get("CONTRACT_PHASES") == "stateful"

# The smallest plan that is one.
PLAN = {
    "name": "A room",
    "categories": [{"name": "T0"}],
    "zones": [
        {
            "name": "S0",
            "rows": [
                {
                    "row_number": "1",
                    "seats": [
                        {"seat_guid": "S0-1-1", "seat_number": "1", "category": "T0", "position": {"x": 0, "y": 0}},
                        {"seat_guid": "S0-1-2", "seat_number": "2", "category": "T0", "position": {"x": 30, "y": 0}},
                    ],
                }
            ],
        }
    ],
}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Prices that may be null, by names that may be anything, are too deep for what draws them: it ends
    with a SystemError of Python's own. Null is asked for among the tiers of a showtime.

    Schemathesis begins no walk along the links with what names something of elsewhere, as a showtime
    may name its event. Asked one by one, showtimes have events."""
    imported = raw_schema["components"]["schemas"]["ImportRequest"]["properties"]
    imported["prices"]["additionalProperties"] = {"$ref": "#/components/schemas/Money"}
    if WALKS:
        del raw_schema["components"]["schemas"]["NewShowtimeRequest"]["properties"]["event_id"]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Lets every showtime of a walk be one that can be, and every hold one that may succeed, so that there
    is something to read, to sell and to release. Asked one by one, every second one is left as it is."""
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    if not valid or not isinstance(case.body, dict) or not (WALKS or len(str(case.body)) % 2):
        return
    operation = case.operation.definition.raw.get("operationId")
    if operation == "createShowtime":
        agree(case.body)
    elif operation == "importPlan":
        case.body["plan"] = PLAN
        case.body["prices"] = {"T0": {"amount": 0, "currency": "INR"}}
    elif operation == "holdPlaces":
        case.body = {"best_available": {"quantity": 1, "allow_split": True}}
