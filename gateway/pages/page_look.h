// How the pages look by configuration: their title, the logo, where help is, and the operator's own pages in
// place of the built-in ones. Read at the start and with a reload, never while answering.
#pragma once

#include <string>
#include <vector>

#include "config/types_access.h"
#include "core/base/result.h"
#include "gateway/pages/page_template.h"

namespace gateway {

inline constexpr std::size_t kMaxPageBytes = 256UL * 1024;
inline constexpr std::size_t kMaxLogoBytes = 64UL * 1024;

/// One file of pages.directory.
struct PageFile {
  std::string name;      ///< "denied"
  std::string language;  ///< "de", of denied.de.html; empty: of every language that has none of its own
  PageTemplate page;
};

/// Whether somebody decides about who may enter, too.
enum class Role : bool { person, administrator };

/// Where the pages of an account are, as paths on every host with endpoints; empty: there is no such page.
struct AccountLinks {
  std::string apps;
  std::string sessions;
  std::string tokens;
  std::string approvals;  ///< for administrators alone
  std::string sign_out;
};

struct PageLook {
  std::string title;    ///< empty: the request's host stands in for it
  std::string logo;     ///< as a data: URL; empty: the built-in mark
  std::string support;  ///< an e-mail address or an https URL; empty: none
  std::vector<PageFile> files;
  AccountLinks account;
};

/// All of it that stands in the configuration itself.
PageLook plain_look(const config::Login& login);

/// The same with the files that `login.pages` names, read and parsed. The error names the file, the line and
/// what is known. Refused are also an .html file that is no page, which would be a page with a slip in its
/// name, and a logo that is no picture.
core::Result<PageLook> read_page_look(const config::Login& login);

}  // namespace gateway
