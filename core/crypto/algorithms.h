// OpenSSL's algorithms, each looked up once a process: a lookup by name costs more than hashing a cookie.
// Internal to core/crypto. The handles are immutable, shared by all threads and never freed.
#pragma once

struct evp_cipher_st;
struct evp_md_st;

namespace core {

const evp_md_st* sha1_algorithm();
const evp_md_st* sha256_algorithm();
const evp_md_st* sha384_algorithm();
const evp_md_st* sha512_algorithm();
const evp_cipher_st* aes_256_gcm_algorithm();

}  // namespace core
