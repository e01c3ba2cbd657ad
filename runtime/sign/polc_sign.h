/* polc_sign: whose signatures a bundle carries. Optional, beside polc.h and with its conventions; needs libsodium.
 * Keys and signatures are made by `polc keygen` and `polc compile --sign`.
 */
#ifndef POLC_SIGN_H
#define POLC_SIGN_H

#include "polc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many of the public keys (PEM texts, Ed25519) have signed this verified bundle, each counted once. A gateway
 * that wants M of N compares *valid with M before it makes an engine. POLC_ERROR_VALUE if a text is no such key;
 * `at` is then its index. */
POLC_API polc_status polc_bundle_count_signers(const polc_bundle* bundle, const polc_text* public_keys, size_t count,
                                               size_t* valid, polc_error* error);

#ifdef __cplusplus
}
#endif

#endif /* POLC_SIGN_H */
