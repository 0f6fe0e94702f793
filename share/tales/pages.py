"""Reads the manual pages, mdoc, as far as facts are held to them."""
import os
import re

# Macros that print nothing of their own but their arguments.
SILENT = frozenset(
    "Ar Cm Dq Ev It Li No Nm Ns Pa Po Pc Pq Ql Sq Sx Sy Ss Sh Em Dl D1 Xr Op Ic Oo Oc Bl El Bd Ed Pp Dd Os Bk Ek Nd Tg Va Dv St".split())


def shown(line):
    """A line of mdoc about as it is printed."""
    if not line.startswith("."):
        return line
    words, glued = [], False
    parts = re.findall(r'"[^"]*"|\S+', line[1:])
    page = parts[0] == "Xr"
    at = 0
    while at < len(parts):
        word = parts[at].strip('"')
        at += 1
        if word == "Ns":
            glued = True
        elif word == "Fl":
            flag = parts[at] if at < len(parts) else ""
            at += 1
            words.append("-" + flag)
        elif word in SILENT:
            page = page or word == "Xr"
        elif word in (",", ".", ";", ":", ")") or glued:
            words[-1:] = [(words[-1] if words else "") + word]
            glued = False
        elif page and words and re.fullmatch("[1-9]", word):
            words[-1] += f"({word})"
        else:
            words.append(word)
    return " ".join(words)


def plain(text):
    for escape, char in (("\\&", ""), ("\\(dq", '"'), ("\\(en", "-"), ("\\-", "-"), ("\\e", "\\"), ("\\(aq", "'")):
        text = text.replace(escape, char)
    return " ".join(text.split())


class Page:
    """options: "-t", "--temperature"; statuses: numbers; text: all of it on one line."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.options, self.statuses, section = set(), set(), ""
        for line in lines:
            if line.startswith(".Sh"):
                section = line[4:]
            elif line.startswith(".It Fl"):
                for word in line.split()[2:]:
                    if word == "Ar":
                        break
                    if word not in (",", "Fl"):
                        self.options.add("-" + word)
            elif section == "EXIT STATUS" and re.fullmatch(r"\.It \d+", line):
                self.statuses.add(int(line[4:]))
        name = os.path.basename(path).rsplit(".", 1)[0]
        self.text = plain(" ".join(name if line == ".Nm" else shown(line) for line in lines if not line.startswith(".\\\"")))


def read(folder):
    """{"ll-cat.1": Page}"""
    return {name: Page(os.path.join(folder, name)) for name in sorted(os.listdir(folder)) if name[-2:] in (".1", ".5", ".7")}
