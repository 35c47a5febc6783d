"""How a report looks: on light and dark screens, narrow ones, and on paper."""

from __future__ import annotations

from dtscheduler.drawing.looks import PAPERS, Paper, Theme, Tone, look_of
from dtscheduler.model.status import RunStatus, TaskStatus

_STATUSES = {status.value: look_of(status) for status in (*TaskStatus, *RunStatus)}

# No "<", ">" and "&" stand in it, so that it reads the same escaped and as it is.
_SHAPES = """
*{box-sizing:border-box}
html{color-scheme:light dark;font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
 -webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text)}
.sheet{max-width:1180px;margin:0 auto;padding:2.2rem 1.6rem 3rem}
h1{font-size:1.7rem;line-height:1.25;margin:.1rem 0 .5rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:0 0 .6rem}
h4{font-size:.85rem;margin:.9rem 0 .25rem;color:var(--muted);font-weight:600}
p{margin:.35rem 0}
a{color:inherit;text-underline-offset:.15em}
section{margin-top:2.4rem}
.over{color:var(--muted);margin:0}
.note{color:var(--muted);font-size:.87rem}
.verdict .st{font-size:1rem;padding:.2rem .7rem}
.reason{overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;margin-top:1.2rem;padding-top:.7rem;border-top:1px solid var(--border);
 font-size:.9rem}
.st{display:inline-block;padding:.02rem .5rem;border-radius:99px;font-size:.8rem;font-weight:600;white-space:nowrap}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(13.5rem,1fr));gap:.8rem 1.6rem;margin:1.2rem 0 0}
.facts dt{color:var(--muted);font-size:.8rem}
.facts dd{margin:0;overflow-wrap:anywhere}
.label{display:inline-block;border:1px solid var(--border);border-radius:5px;padding:0 .4rem;margin:0 .3rem .2rem 0;
 font-size:.85rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.8rem}
.figure{background:var(--card);border:1px solid var(--border);border-radius:10px;padding:.7rem 1rem}
.figure .what{color:var(--muted);font-size:.82rem}
.figure .value{font-size:1.45rem;font-weight:650;font-variant-numeric:tabular-nums;line-height:1.3}
.figure .note{overflow-wrap:anywhere}
.shares{display:block;width:100%;height:12px;margin-top:1.1rem;border-radius:6px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem 1.3rem;margin:.6rem 0 0;padding:0;
 font-variant-numeric:tabular-nums}
.group{border:1px solid var(--border);border-radius:10px;padding:.7rem 1rem;margin:.7rem 0;background:var(--card)}
summary{cursor:pointer;overflow-wrap:anywhere}
.group .title{display:block;margin-left:1.1rem;font-weight:600}
.group .apart{display:block;margin-left:1.1rem}
.sample{border-top:1px solid var(--border);margin-top:.6rem;padding-top:.5rem}
pre{margin:0;padding:.7rem .9rem;background:var(--page);border:1px solid var(--border);border-radius:8px;overflow:auto;
 max-height:28rem;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;
 overflow-wrap:anywhere;tab-size:4}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
.picture{border:1px solid var(--border);border-radius:10px}
.picture svg{display:block;margin:0 auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th{text-align:left;font-size:.8rem;font-weight:600;color:var(--muted);border-bottom:1px solid var(--line);
 white-space:nowrap}
th,td{padding:.38rem .7rem;vertical-align:top}
th:first-child,td:first-child{padding-left:0;min-width:7rem}
td{border-bottom:1px solid var(--border);overflow-wrap:anywhere;min-width:3.5rem}
td small{display:block;color:var(--muted);font-size:.82rem;line-height:1.4;margin-top:.1rem}
.sortable td small{display:inline;margin:0 0 0 .6rem}
.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
.n.over{font-weight:650}
.count{display:inline-block;margin-right:.8rem;white-space:nowrap}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer}
th button:hover{color:var(--text);text-decoration:underline}
th[aria-sort=ascending] button::after{content:" ↑"}
th[aria-sort=descending] button::after{content:" ↓"}
.tools{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center;margin:.5rem 0}
.tools input,.tools select{font:inherit;font-size:.9rem;padding:.3rem .6rem;color:var(--text);background:var(--page);
 border:1px solid var(--line);border-radius:7px}
.tools input{width:min(18rem,100%)}
.tools output{color:var(--muted);font-size:.87rem}
footer{margin-top:3rem;padding-top:.8rem;border-top:1px solid var(--border);color:var(--muted);font-size:.85rem}
:focus-visible{outline:2px solid var(--strong);outline-offset:2px}
@media(max-width:760px){.sheet{padding:1.2rem .9rem 2rem}h1{font-size:1.4rem}th,td{padding:.35rem .45rem}
 .facts{grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr))}
 .figures{grid-template-columns:repeat(auto-fit,minmax(7.4rem,1fr))}}
@media print{html{font-size:11px}.sheet{max-width:none;padding:0}nav,.tools{display:none}section{margin-top:1.4rem}
 pre{max-height:none}.scroll{overflow:visible}.picture svg{max-width:100%;height:auto}
 tr,.figure,summary{break-inside:avoid}h2,h4{break-after:avoid}thead{display:table-header-group}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
@media print{details::details-content{content-visibility:visible;display:block;block-size:auto}}
"""


def style() -> str:
    """The style sheet of the page."""
    light = _colours(PAPERS[Theme.LIGHT], Theme.LIGHT)
    dark = _colours(PAPERS[Theme.DARK], Theme.DARK)
    return f"{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}{_SHAPES}"


def _colours(paper: Paper, theme: Theme) -> str:
    names = ("page", "text", "muted", "line", "card", "border", "strong")
    rules = [f":root{{{';'.join(f'--{name}:{getattr(paper, name)}' for name in names)}}}"]
    for status, look in _STATUSES.items():
        tone: Tone = look.dark if theme is Theme.DARK else look.light
        rules.append(f".st.{status}{{color:{tone.ink};background:{tone.fill};box-shadow:inset 0 0 0 1px {tone.solid}}}")
        rules.append(f".share.{status}{{fill:{tone.solid}}}")
    return "".join(rules)
