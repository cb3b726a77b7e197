# hints.py - prints each hint that the sources can print, a line each
#
#	python3 tests/hints.py [TREE]
#
# In C, the strings in the first argument of hint() and die_hint(), of a table
# "hints[] = {", and of the functions hint_text(), none_hint(), hostnet_hint6(),
# confined_hint() and ns_profile_hint().
# In the scripts, the second argument of die and warn, the fourth of box-doctor's found,
# the rows of box-run's $hints, and the value of $_hint.  A conversion of printf and a shell's variable become "*".
import glob, os, re, shlex, sys

TOP = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STRING = r'"((?:[^"\\]|\\.)*)"'


def argument(text, at):
    """The text of the argument that begins at AT, up to its comma or bracket."""
    depth, i = 0, at
    while i < len(text):
        string = re.compile(STRING).match(text, i)
        if string:
            i = string.end()
            continue
        if text[i] in "([{":
            depth += 1
        elif text[i] in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif text[i] == "," and not depth:
            break
        i += 1
    return text[at:i]


def strings(text):
    """Adjacent literals are one string."""
    for match in re.finditer(r'(?:"(?:[^"\\]|\\.)*"\s*)+', text):
        yield "".join(re.findall(STRING, match[0]))


def of_c(path):
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    text = re.sub(r"^\s*#define.*(?:\\\n.*)*", "", text, flags=re.M)
    found = []
    for match in re.finditer(r"\b(?:die_)?hint\(", text):
        found += strings(argument(text, match.end()))
    for match in re.finditer(r"\bhints\[\] = \{(.*?)^\};", text, re.M | re.S):
        # The hint is the last string of a row.
        found += [list(strings(row))[-1] for row in re.findall(r"\{[^{}]*\"[^{}]*\}", match[1])]
    for match in re.finditer(r"^(?:hint_text|none_hint|hostnet_hint6|confined_hint|ns_profile_hint)\([^)]*\)\n\{(.*?)^\}", text, re.M | re.S):
        # A path, as of a sysctl, is no hint.
        found += [s for s in strings(match[1]) if not re.match(r"\S*/\S+$", s)]
    return [re.sub(r"%[a-z]", "*", s).replace('\\"', '"') for s in found]


def words(line):
    """The words of a simple command, up to an operator."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars=";&|")
    lexer.whitespace_split, lexer.commenters = True, ""
    out = []
    for word in lexer:
        if re.match(r"[;&|]", word) or word in "}":
            break
        out.append(word)
    return out


def plain(word):
    word = word.strip(")")
    word = re.sub(r"\$\{[^}]*\}|\$\([^)]*\)|\$\w+", "*", word)
    return word.strip("\"'")


def of_script(path):
    text = open(path).read()
    table = re.search(r'^hints="\n(.*?)"$', text, re.M | re.S)
    found = [row.split("|", 1)[1] for row in table[1].splitlines()] if table else []
    if table:
        text = text.replace(table[0], "")
    text = re.sub(r"^\s*#.*", "", text, flags=re.M).replace("\\\n", "")
    for match in re.finditer(r"\b(die|warn|found) (?=[\"$a-z])", text):
        need = 4 if match[1] == "found" else 2
        try:
            args = words(text[match.end() :].split("\n\n")[0].split("\n")[0])
        except ValueError:
            continue
        if len(args) >= need and args[need - 1][0] in "\"'$":
            found.append(plain(args[need - 1]))
    found += [plain(s) for s in re.findall(r'_hint="(see [^"]*)"', text)]
    found += [plain(s) for s in re.findall(r"hint: %s\\n' \"\$self\" \"([^\"]*)\"", text)]
    # A command in a message has quotes, at which its words end.
    return [re.sub("^hint: ", "", s) for s in found if not s.endswith('")')]


hints = set()
for path in glob.glob(TOP + "/cmds/*.c") + glob.glob(TOP + "/lib/*/*.c"):
    hints.update(of_c(path))
for path in glob.glob(TOP + "/scripts/*") + glob.glob(TOP + "/rootfs/*"):
    hints.update(of_script(path))
# A function that hands on its argument has no text of its own.
print("\n".join(sorted(hints - {"*", "$@"})))
