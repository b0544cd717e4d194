"""Why a case does not allow a step that its state allows: keys and English words.

Belongs here: the words of the errors. Does not: when which holds (workflow, store), the page's
words (`blocked.*` in text.js).
"""

BLOCKED = {
    "sent_back": "it was sent back; decline it, have it verified or withdraw it",
    "suspended_before": "a case is put off once only",
    "until_out_of_range": "a case is put off to a date ahead, at most a year",
    "no_limit": "no limit is known for it",
    "overdue": "its time is up already",
    "asked_already": "somebody has asked, and nobody has decided yet",
    "extended_enough": "it was extended as often as a case can be",
    "not_asked": "nobody has asked for it",
    "not_endorsed": "the first of the two who decide has not agreed yet",
    "appealed_before": "there is one appeal only",
    "not_overdue": "it was not closed late",
    "same_reviewer": "the second reviewer must be somebody else than the first",
    "not_supervised": "nobody urges it",
    "no_complaint": "no citizen complained of it",
    "not_satisfied": "a citizen complained of it and has not said that he is satisfied; the shift leader can force it",
    "into_itself": "a case cannot be merged into itself",
    "into_unknown": "there is no case of that number",
    "into_merged": "that case was itself merged into another; name that one",
}
"""Why a case does not allow what its state allows, by the keys of `ActionBlockedError`."""
