"""A made-up archive in Swedish: entry `number` is the same on every machine, and needs no other entry.

Words are drawn with the skew of natural text (Zipf) from stems and from compounds of stems, as
administrative Swedish has them. Each text holds one word that no other has, `ärende<number>`.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import accumulate, product

from flodeslasare.documents import ParsedEntry

SMALL = (
    "och i att det som en på är av för med den till ett om har de inte kan vi men så vid från ska mot"
    " efter också under hos utan mellan redan nu här när där bara alla andra varje sin sitt mycket flera"
).split()
STEMS = (
    "upphandling läkemedel miljö kemikalie klimat sjukhus avtal krav leverantör livsmedel textil fisk fågel"
    " papper plast energi transport skog vatten förpackning handske instrument region kommun patient vård"
    " arbete rättighet kontroll besök märkning kriterium rapport plan mål möte utbildning nätverk projekt"
    " granskning uppföljning riskanalys dialog marknad produkt tjänst kostnad hållbarhet återbruk utsläpp"
).split()
ENDS = ("", "en", "ar", "s", "arna", "ens")
VERBS = (
    "köper följer ställer minskar mäter visar prövar bjuder besöker skriver läser ökar jämför väljer"
    " kräver berättar föreslår beslutar undersöker planerar"
).split()
FIRST_NAMES = (
    "Asta Birger Cilla Disa Egil Frej Gerd Hjalmar Idun Jöns Klara Loke Märta Njord".split()
)
LAST_NAMES = "Al Björk Dalen Ekman Forsén Gran Hägg Lilja Myr Nordh Rönn Sälg Tall Åhs".split()
FIRST_DAY = datetime(2008, 1, 7, 8, 0, tzinfo=UTC)


class Corpus:
    """An archive without an end."""

    def __init__(self, seed: int = 1, *, words: int = 6_000, hours_apart: float = 1.7) -> None:
        """Draw the vocabulary.

        Args:
            seed: another one gives another archive.
            words: the size of the vocabulary.
            hours_apart: between two entries.
        """
        dice = random.Random(seed)
        compounds = [
            first + ("s" if first.endswith(("ing", "et", "an")) else "") + second + end
            for first, second, end in product(STEMS, STEMS, ENDS)
            if first != second
        ]
        dice.shuffle(compounds)
        plain = [stem + end for stem in STEMS for end in ENDS]
        dice.shuffle(plain)
        self._words = list(dict.fromkeys([*SMALL, *VERBS, *plain, *compounds]))[:words]
        self._weights = list(accumulate(1 / (rank + 8) for rank in range(len(self._words))))
        self._seed = seed
        self._apart = timedelta(hours=hours_apart)

    def entry(self, number: int) -> ParsedEntry:
        """Give an entry; those with higher numbers are newer."""
        dice = random.Random(f"{self._seed}-{number}")
        paragraphs = [
            " ".join(self._sentence(dice, dice.randint(5, 18)) for _ in range(dice.randint(3, 6)))
            for _ in range(dice.randint(2, 6))
        ]
        paragraphs[0] += f" Ärende{number}."
        return ParsedEntry(
            guid=f"urn:arkiv:{self._seed}:{number}",
            url=f"https://arkiv.exempel/{number}",
            title=self._sentence(dice, dice.randint(3, 9))[:-1],
            author=f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}",
            published=FIRST_DAY + number * self._apart,
            tags=tuple(dice.sample(STEMS, dice.randint(0, 3))),
            html="".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
            text="\n".join(paragraphs),
        )

    def _sentence(self, dice: random.Random, words: int) -> str:
        picked = dice.choices(self._words, cum_weights=self._weights, k=words)
        return " ".join(picked).capitalize() + "."
