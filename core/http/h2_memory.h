// Where nghttp2 has its memory from: the free lists of the thread (free_blocks.h), so that a connection in
// its steady state asks the general allocator for nothing. For the sources of this folder only.
#pragma once

struct nghttp2_option;
struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace core {

/// nghttp2_session_server_new3 and nghttp2_session_client_new3 with that memory. Must be deleted on the
/// thread that made it. Null: no memory.
nghttp2_session* new_h2_server_native(const nghttp2_session_callbacks* callbacks, void* user,
                                      const nghttp2_option* option);
nghttp2_session* new_h2_client_native(const nghttp2_session_callbacks* callbacks, void* user,
                                      const nghttp2_option* option);

}  // namespace core
