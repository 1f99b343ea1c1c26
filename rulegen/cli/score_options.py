"""The options of commands that read a score by a style: the style, which part is which voice, the key."""

from __future__ import annotations

import click

STYLE = click.option(
    "--style", required=True, metavar="STYLE", help="A file of rules, or a ready style by its name."
)
VOICES = click.option(
    "--voices", metavar="VOICE=PART,…", help="Which part each voice is, by name or by number from the top."
)
KEY = click.option(
    "--key", metavar="KEY", help="The key of the score, where the file says another: 'G dorian'."
)


def voices_said(text: str | None) -> dict[str, str]:
    """Voice of the style → part of the score, of `soprano=2,bass=Cello`. Raises UsageError."""
    found: dict[str, str] = {}
    for each in (text or "").split(",") if text else ():
        voice, sign, part = (said.strip() for said in each.partition("="))
        if not (voice and sign and part):
            raise click.UsageError(f"--voices {text}: write it as VOICE=PART,…, as in soprano=2,bass=1")
        if voice in found:
            raise click.UsageError(f"--voices says {voice} twice")
        found[voice] = part
    return found
