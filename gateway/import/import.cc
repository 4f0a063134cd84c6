#include "gateway/import/import.h"

#include <algorithm>
#include <array>

#include "gateway/import/draft_writer.h"
#include "gateway/import/formats.h"
#include "gateway/import/settle.h"

namespace gateway {
namespace {

using Formats = std::vector<std::unique_ptr<ImportFormat>>;

constexpr auto kNames = std::to_array<std::string_view>(
    {"auto", "oauth2-proxy", "ingress-nginx", "envoy-gateway", "traefik", "authelia"});

/// Kinds that stand beside what is read and say nothing about requests.
constexpr auto kBeside = std::to_array<std::string_view>({"ConfigMap",
                                                          "Secret",
                                                          "Namespace",
                                                          "ServiceAccount",
                                                          "Role",
                                                          "RoleBinding",
                                                          "ClusterRole",
                                                          "ClusterRoleBinding",
                                                          "Deployment",
                                                          "StatefulSet",
                                                          "DaemonSet",
                                                          "Pod",
                                                          "Job",
                                                          "CronJob",
                                                          "Service",
                                                          "Endpoints",
                                                          "EndpointSlice",
                                                          "PersistentVolumeClaim",
                                                          "PodDisruptionBudget",
                                                          "HorizontalPodAutoscaler",
                                                          "NetworkPolicy",
                                                          "IngressClass",
                                                          "GatewayClass",
                                                          "EnvoyProxy",
                                                          "Certificate",
                                                          "Issuer",
                                                          "ClusterIssuer",
                                                          "ReferenceGrant",
                                                          "ServiceMonitor",
                                                          "Kustomization",
                                                          "CustomResourceDefinition"});

bool looks_like_yaml(std::string_view text) {
  for (const std::string& line : split_list(text, '\n')) {
    if (line.starts_with('#')) continue;
    if (line.starts_with("---") || line.starts_with("- ") || line.starts_with('{') || line.starts_with('['))
      return true;
    const std::size_t colon = line.find(':');
    const std::size_t equals = line.find('=');
    return colon != std::string::npos && (equals == std::string::npos || colon < equals);
  }
  return false;
}

class Import {
 public:
  Import(const std::vector<ImportFile>& files, std::string_view from)
      : files_(files), formats_(make_formats()) {
    if (from != "auto")
      std::erase_if(formats_, [from](const auto& format) { return format->name() != from; });
  }

  ImportOutcome run() {
    for (const ImportFile& file : files_) read(file);
    if (!outcome_.errors.empty()) return std::move(outcome_);
    for (const auto& format : formats_) format->draft(draft_);
    settle(draft_);
    outcome_.text = write_draft(draft_);
    outcome_.notes = std::move(draft_.notes);
    return std::move(outcome_);
  }

 private:
  void read(const ImportFile& file) {
    config::Findings findings;
    if (!looks_like_yaml(file.text)) {
      read_text(file, findings);
    } else {
      for (const ImportDocument& document : read_documents(file, findings)) read(document);
    }
    // The lines themselves are not shown: a secret may stand in any of them.
    for (const config::Diagnostic& error : findings.errors())
      outcome_.errors.push_back(config::render(error, file.name, {}));
  }

  void read_text(const ImportFile& file, config::Findings& findings) {
    bool was_taken = false;
    for (const auto& format : formats_) {
      if (!format->takes_text(file) && formats_.size() > 1) continue;
      format->read_text(file, findings);
      was_taken = true;
    }
    if (!was_taken) findings.error({1, 1}, "this is of no format that is known here", "name it with --from");
  }

  void read(const ImportDocument& document) {
    bool was_taken = false;
    for (const auto& format : formats_) {
      if (!format->takes(document)) continue;
      format->read(document);
      was_taken = true;
    }
    const std::string kind = text_in(document.root, {"kind"});
    if (was_taken || std::ranges::find(kBeside, kind) != kBeside.end()) return;
    const std::string what =
        kind.empty() ? "a document of no format that is known here" : "the object of kind " + kind;
    draft_.note(document.place(document.root), what);
  }

  const std::vector<ImportFile>& files_;
  Formats formats_;
  Draft draft_;
  ImportOutcome outcome_;
};

}  // namespace

Formats make_formats() {
  Formats formats;
  formats.push_back(make_proxy_format());
  formats.push_back(make_ingress_format());
  formats.push_back(make_envoy_format());
  formats.push_back(make_traefik_format());
  formats.push_back(make_authelia_format());
  return formats;
}

std::span<const std::string_view> import_formats() {
  return kNames;
}

ImportOutcome import_files(const std::vector<ImportFile>& files, std::string_view from) {
  return Import(files, from).run();
}

}  // namespace gateway
