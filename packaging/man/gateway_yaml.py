#!/usr/bin/env python3
"""The reference of config/README.md as the manual page gateway.yaml(5): gateway_yaml.py README.md >gateway.yaml.5

Headings become sections, a table a tagged list (its first column is the tag), so that no key is written down twice.
"""
import re
import sys

FIRST = "## The file as a whole"
LAST = "## How to extend"
HEAD = """.\\" Made of config/README.md.
.TH GATEWAY.YAML 5
.SH NAME
gateway.yaml \\- configuration of the authenticating reverse proxy gateway
.SH DESCRIPTION
.BR gateway (1)
reads one file,
.I /etc/gateway/gateway.yaml
unless it is told of another. The shortest that has people sign in:
.PP
.RS 4
.EX
{example}
.EE
.RE
"""
TAIL = """.SH SEE ALSO
.BR gateway (1)
"""
EXAMPLE = """tls:
  acme: {email: you@example.com}
login:
  host: auth.example.com
  providers:
    google:
      type: google
      client_id: ...
      client_secret: {credential: google}
policies:
  staff:
    allow: [{email_domain: example.com}]
routes:
  - {host: app.example.com, to: "http://127.0.0.1:3000", policy: staff, app: grafana}"""


def escape(text):
    """Nothing of the text is a request or an escape of troff."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\`")
    return "\\&" + text if text.startswith((".", "\\(aq")) else text


def bold(marked):
    words = marked[1:-1] if marked.startswith("`") else marked[2:-2]
    return f"\\fB{escape(words)}\\fR"


def inline(text):
    """Code and strong words in bold; links by their words."""
    text = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    parts = re.split(r"(`[^`]+`|\*\*[^*]+\*\*)", text)
    line = "".join(bold(part) if index % 2 else escape(part) for index, part in enumerate(parts) if part)
    return "\\&" + line if line.startswith((".", "'")) else line


def cells(row):
    """The cells of a table's row; a bar in code is written \\|."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip()[1:-1])]


def table(rows):
    head, *body = [cells(row) for row in rows if not re.fullmatch(r"[|\s:-]+", row)]
    for row in body:
        yield ".TP"
        yield inline(row[0]) or "\\&"
        notes = [f"{name}: {value}" for name, value in zip(head[1:-1], row[1:-1]) if value]
        yield inline(". ".join([row[-1], *notes]) if notes else row[-1])


def blocks(lines):
    """(kind, lines): heading, table, item, code and text, each whole."""
    kind, gathered = "text", []
    for line in [*lines, ""]:
        if kind == "code":
            if line.startswith("```"):
                yield kind, gathered
                kind, gathered = "text", []
            else:
                gathered.append(line)
            continue
        begins = ("heading" if line.startswith("#") else "table" if line.startswith("|") else "item" if re.match(r"(\*|-|\d+\.) ", line)
                  else "code" if line.startswith("```") else "text")
        goes_on = (kind == begins == "table") or (begins == "text" and line and kind in ("text", "item"))
        if gathered and not goes_on:
            yield kind, gathered
            gathered = []
        if not line:
            kind, gathered = "text", []
            continue
        if not goes_on:
            kind = begins
        if kind == "code":
            gathered = []
            continue
        gathered.append(line)


def page(text):
    shown = text[text.index(FIRST):text.index(LAST)].splitlines()
    yield HEAD.replace("{example}", "\n".join(escape(line) for line in EXAMPLE.splitlines())).rstrip("\n")
    for kind, lines in blocks(shown):
        if kind == "heading":
            level, words = lines[0].split(" ", 1)
            yield f"{'.SH' if len(level) == 2 else '.SS'} {inline(words.upper() if len(level) == 2 else words)}"
        elif kind == "table":
            yield from table(lines)
            yield ".PP"
        elif kind == "item":
            first, *rest = lines
            mark, words = first.split(" ", 1)
            yield f".IP {mark if mark[0].isdigit() else chr(92) + '(bu'} 3"
            yield inline(" ".join([words, *(line.strip() for line in rest)]))
        elif kind == "code":
            yield from [".PP", ".EX", *(escape(line) for line in lines), ".EE"]
        else:
            yield ".PP"
            yield inline(" ".join(line.strip() for line in lines))
    yield TAIL.rstrip("\n")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        print("\n".join(page(file.read())))
