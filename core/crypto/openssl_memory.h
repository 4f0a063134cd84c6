// Where OpenSSL has its memory from: freed blocks are kept in lists of the thread that freed them, a list a
// size, and given out again. A TLS record costs OpenSSL up to five blocks, one of them of 16 KiB. Not for
// anybody else: objects of ours are core::Recycled.
#pragma once

namespace core {

/// Must come before anything that calls OpenSSL, so main alone calls it; ends the process if it is too late.
/// At most 64 blocks and 128 KiB of a size, and 2 MiB in all, are kept by a thread, none above 17 KiB:
/// clients choose some of the sizes. OpenSSL wipes keys before it frees them; other blocks keep what was in
/// them, as those of free() do. Does nothing in sanitizer builds.
void recycle_openssl_memory();

}  // namespace core
