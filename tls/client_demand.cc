#include "tls/client_demand.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <utility>

#include "tls/certificate_pem.h"
#include "tls/client_certificate_native.h"
#include "tls/x509_names.h"

namespace tls {
namespace {

using core::failure;
using core::Result;
using CrlOwner = core::OpensslOwner<X509_CRL, X509_CRL_free>;
using StoreStateOwner = core::OpensslOwner<X509_STORE_CTX, X509_STORE_CTX_free>;

void free_names(STACK_OF(X509_NAME) * names) {
  sk_X509_NAME_pop_free(names, X509_NAME_free);
}
using NameListOwner = core::OpensslOwner<STACK_OF(X509_NAME), free_names>;

constexpr int kMaxDepth = 10;
constexpr std::size_t kMaxAuthorities = 1000;

std::unexpected<core::Error> refused(const std::string& file, const std::string& why) {
  return failure(core::ErrorKind::refused, core::Side::configuration, file + ": " + why);
}

struct Read {
  std::size_t count = 0;
  std::size_t current = 0;  ///< of those, have not expired
};

/// Whether all of a PEM text was read: OpenSSL says "no start line" at its end, anything else is damage.
bool ended_well() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return error == 0 || ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

Result<Read> add_authorities(const std::string& file, std::string_view text, X509_STORE* store,
                             STACK_OF(X509_NAME) * names, core::WallTime now) {
  const core::BioOwner bytes = core::read_only_bio(text);
  Read read;
  while (const core::CertificateOwner authority{PEM_read_bio_X509(bytes.get(), nullptr, nullptr, nullptr)}) {
    if (++read.count > kMaxAuthorities) return refused(file, "more than 1000 certificates");
    if (time_of(X509_get0_notAfter(authority.get())).value_or(core::WallTime()) > now) ++read.current;
    core::NameOwner name(X509_NAME_dup(X509_get_subject_name(authority.get())));
    if (X509_STORE_add_cert(store, authority.get()) != 1 || name == nullptr ||
        sk_X509_NAME_push(names, name.get()) <= 0) {
      return failure(core::openssl_error(core::ErrorKind::refused, core::Side::configuration, file));
    }
    [[maybe_unused]] const X509_NAME* const given = name.release();  // the list's now
  }
  if (!ended_well()) return refused(file, "a certificate in it is damaged");
  return read;
}

Result<std::size_t> add_lists(const std::string& file, std::string_view text, X509_STORE* store) {
  const core::BioOwner bytes = core::read_only_bio(text);
  std::size_t count = 0;
  while (const CrlOwner list{PEM_read_bio_X509_CRL(bytes.get(), nullptr, nullptr, nullptr)}) {
    if (X509_STORE_add_crl(store, list.get()) != 1)
      return failure(core::openssl_error(core::ErrorKind::refused, core::Side::configuration, file));
    ++count;
  }
  if (!ended_well()) return refused(file, "a revocation list in it is damaged");
  return count;
}

}  // namespace

struct ClientDemand::Native {
  core::CertificateStoreOwner store{X509_STORE_new()};
  NameListOwner names{sk_X509_NAME_new_null()};
};

ClientDemand::ClientDemand(std::unique_ptr<Native> native, const ClientDemandSettings& settings)
    : native_(std::move(native)), name_(settings.name), need_(settings.need) {}

ClientDemand::~ClientDemand() = default;

Result<ClientDemandPointer> ClientDemand::load(const ClientDemandSettings& settings, core::WallTime now) {
  auto native = std::make_unique<Native>();
  if (native->store == nullptr || native->names == nullptr)
    return failure(core::openssl_error(core::ErrorKind::internal, core::Side::us, "client certificates"));
  const Result<std::string> authorities = read_pem_file(settings.ca_file);
  if (!authorities) return failure(authorities.error());
  X509_STORE* store = native->store.get();
  const Result<Read> read = add_authorities(settings.ca_file, *authorities, store, native->names.get(), now);
  if (!read) return failure(read.error());
  if (read->count == 0) return refused(settings.ca_file, "holds no PEM certificate");
  if (read->current == 0) return refused(settings.ca_file, "every authority in it has expired");
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  std::string lists;
  if (!settings.crl_file.empty()) {
    Result<std::string> text = read_pem_file(settings.crl_file);
    if (!text) return failure(text.error());
    lists = std::move(*text);
    const Result<std::size_t> count = add_lists(settings.crl_file, lists, store);
    if (!count) return failure(count.error());
    if (*count == 0) return refused(settings.crl_file, "holds no PEM revocation list (X509 CRL)");
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  X509_STORE_set_flags(store, flags);
  X509_STORE_set_depth(store, kMaxDepth);
  std::shared_ptr<ClientDemand> demand(new ClientDemand(std::move(native), settings));
  core::Sha256Stream digest;
  digest.update("gateway client demand\n");
  for (const std::string_view part :
       {std::string_view(settings.name), std::string_view(demand->is_required() ? "required" : "optional"),
        std::string_view(*authorities), std::string_view(lists)}) {
    digest.update(std::to_string(part.size()) + ":");
    digest.update(part);
  }
  demand->fingerprint_ = digest.finish();
  return ClientDemandPointer(std::move(demand));
}

bool ClientDemand::install(ssl_st* ssl) const {
  // Copied: OpenSSL keeps the list.
  NameListOwner names(SSL_dup_CA_list(native_->names.get()));
  if (names == nullptr || SSL_set1_verify_cert_store(ssl, native_->store.get()) != 1) return false;
  SSL_set_client_CA_list(ssl, names.release());
  SSL_set_verify_depth(ssl, kMaxDepth);
  // Neither a ticket nor a session id: what was proved once is not carried over to another connection.
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  return SSL_set_num_tickets(ssl, 0) == 1;
}

bool ClientDemand::takes(const ClientCertificate& certificate) const {
  const StoreStateOwner state(X509_STORE_CTX_new());
  if (state == nullptr ||
      X509_STORE_CTX_init(state.get(), native_->store.get(), certificate.native_->leaf.get(),
                          certificate.native_->others.get()) != 1) {
    return false;
  }
  // As in a handshake: purpose and trust of a client.
  if (X509_STORE_CTX_set_default(state.get(), "ssl_client") != 1) return false;
  const bool is_good = X509_verify_cert(state.get()) == 1;
  ERR_clear_error();
  return is_good;
}

void ClientDemands::add(const std::string& host, ClientDemandPointer demand) {
  hosts_.try_emplace(host.starts_with("*.") ? host.substr(1) : host, std::move(demand));
}

const ClientDemandPointer& ClientDemands::find(std::string_view host) const {
  static const ClientDemandPointer kNone;
  // Keys of wildcards begin with their dot; no host does.
  if (hosts_.empty() || host.starts_with('.')) return kNone;
  if (const auto exact = hosts_.find(host); exact != hosts_.end()) return exact->second;
  const std::size_t dot = host.find('.');
  if (dot == std::string_view::npos) return kNone;
  const auto wildcard = hosts_.find(host.substr(dot));
  return wildcard == hosts_.end() ? kNone : wildcard->second;
}

}  // namespace tls
