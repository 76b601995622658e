/* The time that the engine's dates are told. */
#include <stdint.h>

extern uint64_t world_now_ms;
