// A SecurityPolicy of Envoy Gateway: who may pass to the routes that it is for.
#pragma once

#include "gateway/import/documents.h"
#include "gateway/import/draft.h"
#include "gateway/import/kubernetes.h"

namespace gateway {

/// What the policy gives each of its routes.
struct EnvoyAccess {
  DraftAccess access;
  DraftEntries identity_fields;
  DraftEntries cors;
};

/// Adds its provider, clients and policies to the draft.
EnvoyAccess draft_envoy_policy(const ImportDocument& document, const KubernetesServices& services,
                               Draft& draft);

}  // namespace gateway
