# ruff: noqa: E501  # lines of others' making
"""What a student could put on a page, and what of a page would act. All of it would show by `alert`."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, cell, small_course

LINKS = r"""
[a](javascript:alert(1)) [b][r] [c](&#106;avascript:alert(2)) [d](<javascript:alert(3)>) <javascript:alert(4)>
[e](JaVaScRiPt&colon;alert(5)) [f](java&Tab;script:alert(6)) [g](%6Aavascript:alert(7)) [h](vbscript:alert(8))
[i](data:text/html,<script>alert(9)</script>) [j](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)
[k](/logout) [l](//example.invalid/l) [m](../../logout) [n](formgrader/gradebook) [o](file:///etc/passwd)
[p]( javascript:alert(10) "a title") [**q**](javascript&#x3A;alert(11)) [r] [s](blob:alert(12)) [t](about:blank)
[a picture ![u](https://example.invalid/u.png)](javascript:alert(13)) [web](https://example.invalid/good "title")

[r]: javascript:alert(14)
[unused]: javascript:alert(15)
"""
PICTURES = r"""
![a](/logout) ![b](https://example.invalid/b.png) ![c](//example.invalid/c.png) ![d](javascript:alert(1))
![e](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImFsZXJ0KDEpIj48L3N2Zz4=) ![f][r] ![g](attachment:missing.png)
![h](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) ![i](x"onerror="alert(2)) ![j](logout)

[r]: https://example.invalid/r.png
"""
HTML = r"""
<script>alert(1)</script><img src=x onerror=alert(2)><img src="/logout"><svg onload="alert(3)"></svg>
<b onclick="alert(4)" onmouseover='alert(5)'>bold</b><a href="javascript:alert(6)">a</a>
<a href=" &#14; javascript:alert(7)">b</a><a href="/logout">c</a><a href="//example.invalid/d" target="_top">d</a>
<iframe src="javascript:alert(8)"></iframe><object data="/logout"></object><embed src="/logout">
<form action="/logout" id="f"><button>go</button><input type="image" src="/logout" formaction="javascript:alert(9)"></form>
<base href="https://example.invalid/"><meta http-equiv="refresh" content="0;url=/logout">
<link rel="stylesheet" href="https://example.invalid/x.css"><style>@import "https://example.invalid/y.css";</style>
<table background="/logout"><tr><td background="https://example.invalid/z.png" style="background:url(/logout)">x</td></tr></table>
<video src="/logout" poster="/logout" autoplay></video><audio src="/logout"></audio><source srcset="/logout">
<img srcset="/logout 1x, https://example.invalid/s.png 2x"><picture><source srcset="/logout"></picture>
<math><maction actiontype="statusline" xlink:href="javascript:alert(10)"><mtext><img src=x onerror=alert(11)></mtext></maction></math>
<math href="javascript:alert(12)"><mi href="javascript:alert(13)">x</mi><annotation-xml encoding="text/html"><script>alert(14)</script></annotation-xml></math>
<noscript><p title="</noscript><img src=x onerror=alert(15)>"></noscript><textarea autofocus onfocus=alert(16)></textarea>
<details open ontoggle=alert(17)><summary>s</summary></details><marquee onstart=alert(18)>m</marquee>
<button class="full-credit mark-graded" data-toggle="tooltip">full credit</button><span class="full-credit">full</span>
<input class="score" id="why" value="9"><div id="why-comment" class="comment tabbable">c</div><a ping="/logout" href="#x">p</a>
<p style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999">over</p></div></div></body><h1>out</h1>
"""
MUTATIONS = r"""
<svg><style><img src=x onerror=alert(1)></style></svg><svg><title><style><img src="</title><img src=x onerror=alert(2)>">
<svg></svg><math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(3)&gt;">
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(4)>
<svg></p><style><a id="</style><img src=x onerror=alert(5)>"><math><annotation-xml encoding="application/xhtml+xml"><a href="javascript:alert(6)">x</a>
<math><semantics><annotation-xml encoding="text/html"><svg onload=alert(7)></annotation-xml></semantics></math>
<svg><animate xlink:href=#xss attributeName=href values=javascript:alert(8) /><a id=xss><text>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id='x' xmlns='http:%2F%2Fwww.w3.org/2000/svg'><script>alert(9)</script></svg>#x"></use></svg>
<svg><set attributeName="onmouseover" to="alert(10)"/><foreignObject><iframe srcdoc="<script>alert(11)</script>"></iframe></foreignObject></svg>
<noembed><img src="</noembed><img src=x onerror=alert(12)>"></noembed><xmp><p title="</xmp><img src=x onerror=alert(13)>"></xmp>
<plaintext-x><listing>&lt;img src=x onerror=alert(14)&gt;</listing><select><template><img src=x onerror=alert(15)></template></select>
<META HTTP-EQUIV=refresh CONTENT="0; url=/logout"><link rel=prefetch href=/logout><link rel="dns-prefetch" href="//example.invalid">
<img src="data:image/svg+xml,<svg xmlns='http:%2F%2Fwww.w3.org/2000/svg' onload='alert(16)'/>"><img lowsrc=/logout dynsrc=/logout>
<img src=`x`onerror=alert(17)><img/src/onerror=alert(18)><a href="java&NewLine;script:alert(19)">x</a><a href="&#x01;javascript:alert(20)">x</a>
<a href="jav&#x09;ascript:alert(21)">x</a><a href=//example.invalid/p>x</a><a href="\\example.invalid\p">x</a><a href="https:/logout">x</a>
<a href="http://localhost:8888/logout">x</a><a href="http://127.1:8888/logout">x</a><a title=t href="https://example.invalid/first" target=_top>x</a>
<a href="https://example.invalid/d" download ping=/logout onauxclick=alert(22)>x</a><area href=javascript:alert(23)><map><area href=/logout></map>
<p style="background:u\72l(/logout)">x</p><p style="color:expression(alert(24));behavior:url(/logout);-moz-binding:url(/logout)">x</p>
<p style="background-color:image-set('/logout' 1x);border:1px solid red;border-image:url(/logout)">x</p><p style="--x:url(/logout);padding:var(--x)">x</p>
<ul style="list-style:url(/logout)"><li style="cursor:url(/logout),auto;content:url(/logout)">x</ul><isindex action=javascript:alert(25) type=image>
<div popover id=p onbeforetoggle=alert(26)>x</div><button popovertarget=p>y</button><dialog open>z</dialog><p contenteditable autofocus onfocus=alert(27)>x</p>
<b/onpointerrawupdate=alert(28)>x</b><p hidden=until-found onbeforematch=alert(29)>x</p><style>@keyframes x{}</style><p style="animation-name:x" onanimationend=alert(30)>x</p>
<object data="data:text/html,<script>alert(31)</script>"></object><embed src="data:text/html,x"><frameset onload=alert(32)><frame src=/logout></frameset>
<script type=importmap>{}</script><script type=speculationrules>{"prefetch":[{"source":"list","urls":["/logout"]}]}</script>
"""
FORMULAS = r"""
$\href{javascript:alert(1)}{x}$ $$\href{/logout}{y}$$ $\require{action}\toggle{a}{b}\endtoggle$ $\unicode{x3c}$
$\class{full-credit}{z}$ $\cssId{why}{w}$ $\style{position:fixed;background:url(/logout)}{s}$
$\text{<img src=x onerror=alert(2)>}$ $\text{</mtext></math><script>alert(3)</script>}$ $\mbox{<svg onload=alert(4)>}$
$\textcolor{red" onmouseover="alert(5)}{c}$ \begin{align}\text{<img src=x onerror=alert(6)>}\end{align}
$\def\a{\a\a}\a$ $\newcommand{\b}{\href{javascript:alert(7)}{u}}\b$ $\operatorname{<b onclick=alert(8)>}$
"""
DIAGRAM = "```mermaid\n</pre><img src=x onerror=alert(1)><script>alert(2)</script>\n```\n"
CODE = '```html" onclick="alert(1)\n<script>alert(2)</script>\n```\n'
MARKDOWN = {
    "links": LINKS, "pictures": PICTURES, "html": HTML,
    "inline html": f"text {HTML}", "formulas": FORMULAS,
    "diagram": DIAGRAM, "code": CODE, "heading": "# why\n\n# <img src=x onerror=alert(1)>\n",
    "table": "|a|b|\n|-|-|\n|[a](javascript:alert(1))|<img src=x onerror=alert(2)>|\n",
    "tasks": "- [ ] <img src=x onerror=alert(1)>\n- [x] [a](javascript:alert(2))\n",
    "quote": "> [a](javascript:alert(1))\n>\n> <script>alert(2)</script>\n",
    "definition": "term <img src=x onerror=alert(1)>\n:   [a](javascript:alert(2))\n",
}  # fmt: skip
MARKDOWN |= {f"mutation {number}": text for number, text in enumerate(MUTATIONS.strip().splitlines())}

DISPLAYS = """
from IPython import get_ipython
from IPython.display import HTML, SVG, IFrame, Javascript, Latex, Markdown, display

def publish(data, metadata=None):
    get_ipython().display_pub.publish(data, metadata=metadata or {{}})

picture = {picture!r}
for kind in ("image/png", "image/jpeg", "image/gif", "image/svg+xml", "text/html"):
    for value in ("1 onerror=alert(1)", '1" onload="alert(1)', ["1", "onerror=alert(1)"], 1e9, True):
        publish({{kind: picture}}, {{kind: {{"width": value, "height": value, "unconfined": value, "alt": value}}}})
        publish({{kind: "x"}}, {{kind: {{"width": value, "height": value}}, "width": value, "height": value}})
publish({{"image/png": picture}}, {{"filenames": {{"image/png": '/logout" onerror="alert(2)'}}}})
publish({{"image/png": 'x" onerror="alert(3)'}})
publish({{"image/svg+xml": "<svg onload='alert(4)'><script>alert(5)</script></svg>"}})
publish({{"text/html": "<script>alert(6)</script>"}}, {{"text/html": {{"isolated": True}}}})
publish({{"application/javascript": "alert(7)", "text/plain": "script"}})
publish({{"application/pdf": "x", "application/vnd.jupyter.widget-view+json": {{"model_id": "</script><script>alert(8)</script>"}}}})
publish({{"text/vnd.mermaid": "</pre><script>alert(9)</script>", "text/plain": "<script>alert(10)</script>"}})
for text in {texts!r}:
    display(HTML(text)); display(Markdown(text)); display(Latex(text)); publish({{"text/plain": text}})
    print(text)
display(Javascript("alert(11)")); display(IFrame("/logout", 10, 10))
for name, content in {files!r}.items():
    open(name, "w").write(content)
print("all is shown")
"""
FILES = {
    "index.html": "<script>alert(1)</script>",
    "drawing.SVG": "<svg xmlns='http:%2F%2Fwww.w3.org/2000/svg' onload='alert(2)'/>",
    "page.xhtml": "<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(3)</script></html>",
    "page": "<script>alert(4)</script>",
    "numpy.py": "raise SystemExit",
    "data.csv": "1,2\n",
}
KEPT = {
    "index.html.txt", "drawing.SVG.txt", "page.xhtml.txt", "page.txt", "numpy.py", "data.csv",
}  # fmt: skip


def png(width: int = 8, height: int = 8) -> str:
    """Return a grey picture, as notebooks store it."""
    rows = zlib.compress(b"".join(b"\0" + bytes([128]) * width for _ in range(height)))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = io.BytesIO(b"\x89PNG\r\n\x1a\n")
    content.seek(0, io.SEEK_END)
    for kind, data in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")):
        content.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)))
    return base64.b64encode(content.getvalue()).decode()


def displaying() -> str:
    """Return code that displays all that would act, and writes files that would."""
    return DISPLAYS.format(picture=png(), texts=[*MARKDOWN.values()], files=FILES)


WRITTEN = [f"q{number}" for number in range(len(MARKDOWN))]
PICTURE = {"mine.png": {"image/png": png(), "text/html": "<script>alert(1)</script>"}}
PASTED = "see ![mine.png](attachment:mine.png) and ![gone](attachment:gone.png) of $\\frac{1}{2}$"


def hostile_course(root: Path) -> Path:
    """Make a course in which eve wrote, displayed and handed in all that would act; ann pasted a picture."""
    path = small_course(root) / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells += [
        cell("Why?", name, kind="markdown", grade=True, solution=True, points=1) for name in WRITTEN
    ]
    notebooks.write(source, path)
    released = notebooks.read(CourseFolder(root).generate("small") / "small.ipynb")
    hostile = RIGHT | dict(zip(WRITTEN, MARKDOWN.values(), strict=True))
    hostile["half"] = f"{displaying()}\n{RIGHT['half']}"
    eves = notebooks.with_answers(released, hostile)
    eves.cells += [cell(text, kind="markdown") for text in MARKDOWN.values()]
    anns = notebooks.with_answers(released, RIGHT | {"q0": PASTED})
    anns.cells.append(cell(PASTED, kind="markdown"))
    for one in anns.cells:
        if one.source == PASTED:
            one.attachments = PICTURE
    for student, notebook in (("eve", eves), ("ann", anns)):
        folder = root / "submitted" / student / "small"
        notebooks.write(notebook, folder / "small.ipynb")
        for name, content in FILES.items():
            (folder / f"handed-in-{name}").write_text(content)
    return root


ACTIVE = {
    "applet", "audio", "base", "button", "embed", "form", "frame", "iframe", "input", "link", "maction", "object",
    "picture", "script", "select", "source", "svg", "template", "textarea", "track", "use", "video", "xml",
}  # fmt: skip
FETCHING = {"action", "background", "cite", "data", "formaction", "ping", "poster", "srcset", "xlink:href"}
HARMLESS_LINK = re.compile(r"#.*|https?://[\w.-]+\.[a-z]\w*([:/?#].*)?", re.IGNORECASE | re.DOTALL)
HARMLESS_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")


class _Dangers(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_task = ("type", "checkbox") in attrs and "disabled" in dict(attrs)
        if tag in ACTIVE and not is_task:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            text = value or ""
            if (
                name.startswith("on")
                or name in FETCHING
                or (tag == "meta" and text.lower() == "refresh")
                or (name == "href" and not HARMLESS_LINK.fullmatch(text))
            ):
                self.found.append(f"<{tag} {name}={text!r}>")
            elif name == "src" and not HARMLESS_PICTURE.fullmatch(text):
                self.found.append(f"<{tag} {name}={text[:80]!r}>")
            elif name == "style" and ("url" in text.lower() or "position" in text.lower()):
                self.found.append(f"<{tag} {name}={text!r}>")


def dangers(html: str) -> list[str]:
    """Return what of a page runs something, loads something or leads to a place that it should not."""
    parser = _Dangers()
    parser.feed(html)
    parser.close()
    return parser.found
