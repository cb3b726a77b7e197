#ifndef PAYLOAD_FRESH_H
#define PAYLOAD_FRESH_H

/* Resets the modes that an exec keeps, as box(7) lists them: signals, umask,
 * flags of the personality, timer slack, huge pages.  Dies with 125. */
void fresh(void);

#endif
