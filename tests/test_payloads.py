"""Names that are script: pages of the service in a real browser run none of it, with and without their policy."""

import html
import json
import shutil
import urllib.parse
from pathlib import Path

import pytest
from attack import served
from conftest import HOSPITAL, ROOT

pytestmark = pytest.mark.slow
HURT = "window.hurt=(window.hurt||0)+1"
ELSEWHERE = "http://127.0.0.1:1/stolen"
TAGS = [
    "<script>HURT</script>",
    "</script><script>HURT</script>",
    "</title><script>HURT</script>",
    "</style><script>HURT</script>",
    "</textarea><script>HURT</script>",
    "</template><script>HURT</script>",
    "</noscript><script>HURT</script>",
    "--><script>HURT</script><!--",
    "]]><script>HURT</script>",
    "<script src=ELSEWHERE></script>",
    "<script/src=ELSEWHERE>",
    "<SCRIPT>HURT</SCRIPT>",
    "<scr<script>ipt>HURT</scr</script>ipt>",
    "<img src=x onerror=HURT>",
    '"><img src=x onerror=HURT>',
    "'><img src=x onerror=HURT>",
    "`><img src=x onerror=HURT>",
    "<img src=ELSEWHERE>",
    "<img/src=x/onerror=HURT>",
    "<svg onload=HURT>",
    "<svg><script>HURT</script></svg>",
    "<svg><animate onbegin=HURT attributeName=x dur=1s>",
    '<svg><a xlink:href="javascript:HURT"><text>x</text></a></svg>',
    "<svg><foreignObject><body onload=HURT></foreignObject></svg>",
    "<math><mtext><script>HURT</script></mtext></math>",
    "<body onload=HURT>",
    "<iframe src=javascript:HURT>",
    '<iframe srcdoc="<script>parent.HURT</script>">',
    "<object data=javascript:HURT>",
    "<embed src=javascript:HURT>",
    "<video><source onerror=HURT>",
    "<audio src=x onerror=HURT>",
    "<details open ontoggle=HURT>",
    "<input autofocus onfocus=HURT>",
    "<select autofocus onfocus=HURT>",
    "<marquee onstart=HURT>",
    "<meta http-equiv=refresh content='0;url=javascript:HURT'>",
    "<meta http-equiv=refresh content='0;url=ELSEWHERE'>",
    "<base href=ELSEWHERE>",
    "<link rel=stylesheet href=ELSEWHERE>",
    "<style>@import 'ELSEWHERE';</style>",
    "<style>*{background:url(ELSEWHERE)}</style>",
    "<form action=ELSEWHERE><input type=submit>",
    "<a href=javascript:HURT>x</a>",
    '" onmouseover="HURT" x="',
    "' onmouseover='HURT' x='",
    '" autofocus onfocus="HURT',
    "javascript:HURT",
    "{{HURT}}",
    "{{ self.__init__.__globals__ }}",
    "{% for x in (1,) %}HURT{% endfor %}",
    "${HURT}",
    "';HURT;//",
    '";HURT;//',
    "\\';HURT;//",
    "\u2028HURT\u2029",
    "\u202e<script>HURT</script>",
    "<\u200bscript>HURT</script>",
    "\ufeff<script>HURT</script>",
    "&lt;script&gt;HURT&lt;/script&gt;",
    "&#60;script&#62;HURT&#60;/script&#62;",
    "%3Cscript%3EHURT%3C/script%3E",
    "+ADw-script+AD4-HURT+ADw-/script+AD4-",
    "href <img src=x onerror=HURT>",
]
PAYLOADS = [one.replace("HURT", HURT).replace("ELSEWHERE", ELSEWHERE) for one in TAGS]
SCHEMES = [
    "javascript:HURT",
    "JaVaScRiPt:HURT",
    "data:text/html,<script>HURT</script>",
    "file:///etc/passwd",
    "vbscript:x",
]
HANDLERS = "all => all.filter(o => [...o.attributes].some(a => /^on/i.test(a.name))).map(o => o.outerHTML)"
P = "http://x/p"
SAFE = ":/?@!$&()*+,;=~'"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def iri(text: str) -> str:
    """Return `text` as an IRI in N-Triples: what IRIs cannot hold is encoded."""
    return f"<{urllib.parse.quote(text, safe=SAFE)}>"


def hostile(path):
    """Write a graph whose names, values, addresses and language tags are payloads."""
    lines = []
    for number, one in enumerate(PAYLOADS):
        text, thing = json.dumps(one, ensure_ascii=False), iri(f"http://x/{number}")
        nasty = iri(f"http://x/{one}")
        lines += [f"{thing} <{LABEL}> {text} .", f"{thing} <{LABEL}> {text}@x-script-{number} ."]
        lines += [f"{thing} <{P}> {text}^^{nasty} .", f"{thing} {nasty} {text} .", f"{thing} <{TYPE}> {nasty} ."]
        lines += [f"{nasty} <{LABEL}> {text} .", f"<http://x/all> <{P}> {thing} .", f"<http://x/all> {nasty} {nasty} ."]
    lines += [f"<http://x/all> <{P}> {iri(one.replace('HURT', HURT))} ." for one in SCHEMES]
    lines += [f"{iri(one.replace('HURT', HURT))} <{LABEL}> {json.dumps(one)} ." for one in SCHEMES]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A service of the hostile graph."""
    with served(hostile(tmp_path_factory.mktemp("payloads") / "graph.nt"), ROOT, seconds=20.0) as one:
        yield one


def paths() -> list[str]:
    """Return the addresses of all pages that show payloads."""
    things = ["http://x/all", *(f"http://x/{number}" for number in range(len(PAYLOADS)))]
    asked = [f"page?{urllib.parse.urlencode({'iri': one})}" for one in things]
    asked += [f"{kind}?iri=http://x/all" for kind in ("explore", "chart")]
    asked += [f"search?{urllib.parse.urlencode({'q': one})}" for one in PAYLOADS[:20]]
    asked += [f"page?{urllib.parse.urlencode({'iri': one.replace('HURT', HURT)})}" for one in SCHEMES]
    return [*asked, "page?" + urllib.parse.urlencode({"iri": "http://x/all", "lang": "en"})]


def question(folder, text, number):
    """Write a question whose file, theme, summary, parameter and columns are called by the payload `text`."""
    name = text.replace("/", "")[:80].strip(".~ ") or f"q{number}"
    said = json.dumps(text)
    path = folder / f"{number} {name}" / f"{number} {name}.rq"
    path.parent.mkdir(parents=True)
    header = f"#+ summary: {{vi: {said}, en: {said}}}\n#+ columns:\n#+   shift: {{vi: {said}, en: {said}}}\n"
    header += f"#+   note: {{vi: {said}, en: {said}}}\n"
    header += f'#+ parameters:\n#+   shift: {{class: "hos:Shift", vi: {said}, en: {said}}}\n'
    header += "#+ evidence: [shift]\n"
    body = "PREFIX hos: <https://example.org/hospital/ns#>\n"
    body += "SELECT ?shift ?note WHERE { ?shift hos:note ?note } ORDER BY ?shift\n"
    path.write_text(header + body, encoding="utf-8")
    return urllib.parse.quote(f"{path.parent.name}/{path.stem}", safe="/")


@pytest.fixture(scope="module")
def asking(hospital_build, tmp_path_factory):
    """A service whose questions, their files, themes, parameters and columns are payloads, and their addresses."""
    root = Path(shutil.copytree(HOSPITAL, tmp_path_factory.mktemp("asking") / "tree"))
    asked = [question(root / "queries", one, number) for number, one in enumerate(PAYLOADS)]
    with served(hospital_build, root, seconds=20.0, seconds_per_minute=10_000.0) as one:
        yield one, asked


def looked_at(browser, address, asked, is_bare):
    """Open all pages; return how many there were: none runs anything, asks another host, or links to what runs."""
    context = browser.new_context(bypass_csp=is_bare)
    page = context.new_page()
    requested, said, shown = [], [], 0
    page.on("request", lambda one: requested.append(one.url))
    page.on("dialog", lambda one: (said.append(one.message), one.dismiss()))
    for path in asked:
        answer = page.goto(address + path, wait_until="load")
        shown += answer.status == 200
        if "html" in answer.headers["content-type"] and not is_bare:
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert page.evaluate("window.hurt") is None, path
        links = page.eval_on_selector_all("[href], [src], [action]", "all => all.map(one => one.href || one.src || '')")
        plain = [str(one).lower() for one in links if one != "data:,"]  # which is our own empty icon
        assert not [one for one in plain if one.startswith(("javascript:", "data:", "file:", "vbscript:"))]
        assert page.eval_on_selector_all("*", HANDLERS) == []
    context.close()
    assert not said
    hosts = {urllib.parse.urlsplit(one).netloc for one in requested if not one.startswith("data:")}
    assert hosts == {urllib.parse.urlsplit(address).netloc}
    return shown


@pytest.mark.parametrize("is_bare", [False, True], ids=["with its policy", "without its policy"])
def test_names_that_are_script_stay_words(service, browser, is_bare: bool) -> None:
    """No page runs what a name, value, address or language tag says, asks another host, or links to what runs."""
    assert looked_at(browser, service.address, paths(), is_bare) > len(PAYLOADS)


@pytest.mark.parametrize("is_bare", [False, True], ids=["with its policy", "without its policy"])
def test_questions_that_are_script_stay_words(asking, browser, is_bare: bool) -> None:
    """No page runs what a question, its file, its theme, a parameter, a column or its answer's heading is called."""
    one, asked = asking
    pages = [*("" if not query else f"?{query}" for query in ("", "lang=en")), "ask", "sparql", "search?q=script"]
    pages += [f"ask/{name}{more}" for name in asked for more in ("", "?shift=nothing")]
    pages += [f"sparql?example={name}" for name in asked[::4]]
    assert looked_at(browser, one.address, pages, is_bare) == len(pages)
    listed = one.ask("/ask", Accept="text/html").body.decode()
    assert all(
        html.escape(text, quote=False)[:12] in listed.replace("&#34;", '"').replace("&#39;", "'") for text in TAGS[:9]
    )


def test_all_payloads_are_shown(service) -> None:
    """Each payload stands on its page as text, so that the test above shows something."""
    for number, one in enumerate(PAYLOADS):
        text = service.ask(f"/page?iri=http://x/{number}", Accept="text/html").body.decode()
        assert one in html.unescape(text), one
        assert "<script>window.hurt" not in text
