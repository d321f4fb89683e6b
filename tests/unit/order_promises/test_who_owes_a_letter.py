"""DL: who owes a letter, a cause and an alert is what the mapping says; where it does not say so, none is missed."""

import msgspec
from order_history import PROFILE, OrderHistory

from shaketable.mapping.dead_letters import Letter
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Record
from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.dead_letters.clauses import DEAD_LETTER_RULES
from shaketable_patterns.dead_letters.roles import DeadLetters
from shaketable_patterns.order_system.consumer_mapping import REDRIVES, consumers
from shaketable_patterns.order_system.dead_letter_mapping import letters

ROW, TOPIC = letters("notification")
GROUPS = consumers("notification")
MAILS = GROUPS[0]


def replaced(one, **fields):
    return msgspec.structs.replace(one, **fields)


def judgement(run, *filed, groups=GROUPS):
    """Return what is broken, and of which clauses nothing is claimed, under letters that are declared as `filed`."""
    mapping = Mapping((DeadLetters(letters=filed, consumers=groups), *REDRIVES))
    claims = judged(mapping, DEAD_LETTER_RULES)
    found = [one for checker in claims.checkers for one in checker.check(run.history, PROFILE)]
    anomalies = sorted(finding.anomaly for one in found for finding in one.findings)
    return anomalies, {one.clause for one in claims.not_claimed}


def given(*, mailed=False):
    run = OrderHistory().append("OrderConfirmed", "o1", "e1").deliver("order-events", 0, "notification")
    return (run.mail("e1") if mailed else run).offsets("order-events", 1, "notification")


def filed(*, cause="Timeout"):
    return (
        given()
        .letter("OrderConfirmed", "o1", "e1", "notification", cause=cause)
        .alert("o1", "e1", "notification")
        .quiet()
    )


def test_a_letter_whose_mapping_names_no_group_is_of_the_group_that_took_the_event():
    nameless = replaced(TOPIC, consumer="")
    assert judgement(filed(), nameless)[0] == []
    assert judgement(given().quiet(), nameless)[0] == ["never-handled", "silent-drop"]


def test_a_letter_of_another_group_excuses_none():
    assert judgement(filed(), replaced(TOPIC, consumer="='payment'"))[0] == ["never-handled", "silent-drop"]


def test_a_cause_is_missed_where_the_mapping_says_that_there_is_one():
    run = filed(cause="")
    assert judgement(run, TOPIC)[0] == ["dead-letter-without-cause"]
    silent = Letter(TOPIC.letter, about=TOPIC.about, consumer=TOPIC.consumer)
    assert judgement(run, silent)[0] == []
    assert judgement(run, ROW, silent)[0] == []  # the table has causes, the topic has none


def test_an_alert_is_missed_where_the_mapping_says_what_one_is():
    run = given().letter("OrderConfirmed", "o1", "e1", "notification").quiet()
    assert judgement(run, TOPIC)[0] == ["no-alert"]
    anomalies, unclaimed = judgement(run, replaced(TOPIC, alert=None))
    assert anomalies == []
    assert "a letter is announced" in unclaimed


def test_a_group_that_does_not_say_what_it_does_owes_nothing():
    vague = (replaced(MAILS, done=(), once=(), mark=None),)
    anomalies, unclaimed = judgement(given().quiet(), TOPIC, groups=vague)
    assert anomalies == []
    assert {"what was given is settled", "nothing is dropped"} <= unclaimed
    marking = (replaced(MAILS, done=(), once=()),)
    assert judgement(given().quiet(), TOPIC, groups=marking)[0] == ["never-handled", "silent-drop"]
    assert judgement(given().quiet(), TOPIC, groups=(*vague, marking[0]))[0] == []  # the first one takes it


def test_without_letters_in_the_mapping_it_is_not_claimed_that_something_was_not_filed():
    anomalies, unclaimed = judgement(given().quiet())
    assert anomalies == []
    assert {"what was given is settled", "nothing is dropped"} <= unclaimed


def test_a_topic_alone_does_not_tell_what_a_redrive_did_with_a_letter():
    redrives = {"a redrive completes", "a redrive does it once", "a redrive in calm ends it"}
    assert redrives <= judgement(filed(), TOPIC)[1]
    assert not redrives & judgement(filed(), ROW, TOPIC)[1]
    assert isinstance(TOPIC.letter, Record)
