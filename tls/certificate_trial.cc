#include "tls/certificate_trial.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "core/crypto/openssl.h"
#include "tls/certificate_pem.h"
#include "tls/profile.h"

namespace tls {

core::Result<core::Done> try_out(const Certificate& certificate) {
  const core::Result<SettingsPointer> settings = make_server_settings({});
  if (!settings) return core::failure(settings.error());
  const core::SslOwner ssl(SSL_new(settings->get()));
  ERR_clear_error();
  if (ssl != nullptr && certificate.install(ssl.get())) return core::done();
  const std::string reason = core::openssl_errors();
  return certificate_refused(certificate.source(),
                             "no handshake can show it: " + (reason.empty() ? "it is damaged" : reason));
}

}  // namespace tls
