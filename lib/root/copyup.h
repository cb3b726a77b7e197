#ifndef ROOT_COPYUP_H
#define ROOT_COPYUP_H

/* Copies the files below the directory FROM (may be O_PATH) to the empty
 * directory TO, which gets FROM's mode and owner: directories, files, links and
 * fifos, with modes, owners and times.  Follows no link.  Skips sockets and
 * devices; extended attributes and hard links are lost.  WHAT names FROM.  Dies
 * with 125. */
void copyup(int from, int to, const char *what);

#endif
