// SPDX-License-Identifier: MIT
/*
 * say - every change to the system says itself
 *
 * One text per change serves three ends: -x traces it on stderr, -n prints it
 * on stdout in place of the change, and an error message names it.  The text
 * stands beside the call in the source.
 */
#include "base/say.h"
#include "base/die.h"
#include "base/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int modes;
static enum say_lang own;
static char text[4096], reason[256];
static const char *ip_prefix = "", *restore = "iptables-restore";

void
say_mode(int mode, enum say_lang lang)
{
	modes = mode;
	own = lang;
}

int
say_modes(void)
{
	return modes;
}

void
say_ip_prefix(const char *prefix)
{
	ip_prefix = prefix;
}

void
say_restore(const char *program)
{
	restore = program;
}

/* A text for ip6tables-restore, each line a comment in one for the other. */
static void
print_comment(FILE *f, const char *lines)
{
	const char *end;

	fprintf(f, "%s --noflush <<'EOF'\n", restore);
	for (; (end = strchr(lines, '\n')); lines = end + 1)
		fprintf(f, "# %.*s\n", (int)(end - lines), lines);
	fputs("# EOF\n", f);
}

/* iptables-restore reads whole tables, so those texts have many lines. */
static void
print(FILE *f, enum say_lang lang, bool foreign, const char *line)
{
	if (lang == SAY_IPT && !foreign)
		fputs(line, f);
	else if (lang == SAY_IP6T && own == SAY_IPT && (modes & SAY_DRY))
		print_comment(f, line);
	else if (lang == SAY_IPT || lang == SAY_IP6T)
		fprintf(f, "%s --noflush <<'EOF'\n%sEOF\n", restore, line);
	else
		fprintf(
		    f, "%s%s\n", lang == SAY_IP && foreign ? "ip " : "", line);
	/* Nothing may stay in a buffer that a fork would double. */
	fflush(f);
}

void
say_check(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		die("write standard output");
}

static void
announce(enum say_lang lang, const char *line)
{
	if (!(modes & SAY_DRY)) {
		fputs("+ ", die_output());
		print(die_output(), lang, true, line);
		return;
	}
	if (lang == SAY_IP)
		fputs(ip_prefix, stdout);
	if (lang != own)
		fputs("# ", stdout);
	print(stdout, lang, lang != own, line);
	say_check();
}

bool
say(enum say_lang lang, const char *fmt, ...)
{
	const size_t ip = lang == SAY_IP ? strlen("ip ") : 0;
	va_list ap;
	char *line;

	reason[0] = '\0';
	if (lang == SAY_IPT || lang == SAY_IP6T) {
		snprintf(text, sizeof(text), "%s --noflush", restore);
	} else {
		memcpy(text, "ip ", sizeof("ip "));
		va_start(ap, fmt);
		vsnprintf(text + ip, sizeof(text) - ip, fmt, ap);
		va_end(ap);
	}
	/* A line may be longer than a message. */
	if (modes) {
		va_start(ap, fmt);
		line = text_vfmt(fmt, ap);
		va_end(ap);
		announce(lang, line);
		free(line);
	}
	return !(modes & SAY_DRY);
}

const char *
said(void)
{
	return text;
}

const char *
said_why(void)
{
	return reason;
}

void
say_why(const char *why)
{
	snprintf(reason, sizeof(reason), "%s", why);
}

void
said_set(const char *t, const char *why)
{
	snprintf(text, sizeof(text), "%s", t);
	say_why(why);
}

void
die_said(void)
{
	if (reason[0])
		die("%s: %s", text, reason);
	die("%s", text);
}

static bool
plain(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
				 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "0123456789_@%+=:,./-")] == '\0';
}

/* Between single quotes all is plain but the single quote. */
static void
put_word(FILE *f, const char *s)
{
	if (plain(s)) {
		fputs(s, f);
		return;
	}
	fputc('\'', f);
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", f);
		else
			fputc(*s, f);
	fputc('\'', f);
}

char *
say_words(char *const argv[])
{
	char *words;
	FILE *f = text_open(&words);

	for (; *argv; argv++) {
		put_word(f, *argv);
		if (argv[1])
			fputc(' ', f);
	}
	text_close(f);
	return words;
}

const char *
say_word(const char *s)
{
	return plain(s) ? s : say_words((char *[]){(char *)s, NULL});
}

void
say_done(void)
{
	say_check();
	exit(0);
}

void
say_next(char *const argv[])
{
	char *words, *line;

	if (!(modes & SAY_DRY))
		return;
	/* A newline in an argument must not end the comment. */
	words = say_words(argv);
	for (line = words; (line = strchr(line, '\n'));)
		*line = ' ';
	printf("# next: %s\n", words);
	say_done();
}
