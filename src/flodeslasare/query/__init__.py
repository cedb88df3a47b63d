"""The search language: any text is a query. Pure: no I/O, no SQL.

    upphandl                  words match anywhere inside words; several words: all must match
    "en hel fras"             whole words in a row; while the last quote is missing, the last word may be half-typed
    -ord  -"en fras"  -(a b)  without these
    a OR b, a ELLER b         either; it joins the terms beside it only: `a b OR c` is a, and b or c
    (a b) OR c                brackets keep together
    title: author: tag:       a word, a phrase or brackets, looked for there only
    feed: folder:             of the feeds, or in the folders, whose name holds these words
    search:                   what the saved search of this name asks, or those whose names hold these words
    is:unread  is:read  is:starred  has:enclosure
    before:2018-04            earlier than 2018-04-01; a year, a month or a day
    after:2017                later than 2017-12-31
    after:7d  before:today    a day named by how long ago it is, as `periods` has it

Case never matters. A word written in plain letters also finds those with dots and accents (`lakemedel`
finds läkemedel); one with å, ä, ö or any other such letter is exact. What cannot be understood is searched
for as it stands, and what is only half-typed (`before:`, an open bracket) asks for nothing yet. Where that is
likely to be a mistake (`is:unred`), `hints.misread` says so. Every operator has a Swedish name as well: `parsing.NAMES`.

What a word is, `cutting` says, for queries and for what is indexed.
"""
