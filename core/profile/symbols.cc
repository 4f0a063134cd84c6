#include "core/profile/symbols.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace core {
namespace {

/// A struct at an offset, if all of it is within the bytes.
template <typename T>
std::optional<T> read_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view part_of(std::string_view bytes, const Elf64_Shdr& section) {
  if (section.sh_offset > bytes.size()) return {};
  return bytes.substr(section.sh_offset, section.sh_size);
}

std::string_view text_at(std::string_view texts, std::size_t offset) {
  if (offset >= texts.size()) return {};
  const std::string_view rest = texts.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

bool is_elf(const Elf64_Ehdr& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_ident[EI_CLASS] == ELFCLASS64 &&
         header.e_shentsize == sizeof(Elf64_Shdr);
}

/// The program is the first that the loader tells of.
int note_program(dl_phdr_info* info, std::size_t /*size*/, void* into) {
  *static_cast<std::uintptr_t*>(into) = info->dlpi_addr;
  return 1;
}

}  // namespace

MappedFile::MappedFile(const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  struct stat found{};
  void* start = MAP_FAILED;
  if (::fstat(file, &found) == 0 && found.st_size > 0)
    start = ::mmap(nullptr, static_cast<std::size_t>(found.st_size), PROT_READ, MAP_PRIVATE, file, 0);
  ::close(file);
  if (start != MAP_FAILED)
    bytes_ = {static_cast<const char*>(start), static_cast<std::size_t>(found.st_size)};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

std::vector<FunctionSymbol> read_functions(std::string_view elf) {
  std::vector<FunctionSymbol> functions;
  const auto header = read_at<Elf64_Ehdr>(elf, 0);
  if (!header || !is_elf(*header)) return functions;
  for (std::uint64_t i = 0; i < header->e_shnum; ++i) {
    const auto table = read_at<Elf64_Shdr>(elf, header->e_shoff + i * sizeof(Elf64_Shdr));
    if (!table || table->sh_type != SHT_SYMTAB) continue;
    const auto names = read_at<Elf64_Shdr>(elf, header->e_shoff + table->sh_link * sizeof(Elf64_Shdr));
    if (!names) continue;
    const std::string_view symbols = part_of(elf, *table);
    const std::string_view texts = part_of(elf, *names);
    for (std::size_t at = 0; const auto symbol = read_at<Elf64_Sym>(symbols, at); at += sizeof(Elf64_Sym)) {
      if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_size == 0) continue;
      functions.push_back({symbol->st_value, symbol->st_size, text_at(texts, symbol->st_name)});
    }
  }
  std::ranges::sort(functions, {}, &FunctionSymbol::begin);
  return functions;
}

Symbols::Symbols() : program_("/proc/self/exe"), functions_(read_functions(program_.bytes())) {
  ::dl_iterate_phdr(&note_program, &loaded_at_);
}

std::string Symbols::name_of(std::uintptr_t address) const {
  const std::uintptr_t offset = address - loaded_at_;
  const auto next = std::ranges::upper_bound(functions_, offset, {}, &FunctionSymbol::begin);
  if (next != functions_.begin()) {
    const FunctionSymbol& function = *std::prev(next);
    if (offset - function.begin < function.size) return std::string(function.name);
  }
  Dl_info found{};
  const void* const place = reinterpret_cast<void*>(address);  // NOLINT(performance-no-int-to-ptr)
  if (::dladdr(place, &found) == 0) return fmt::format("{:#x}", address);
  if (found.dli_sname != nullptr) return found.dli_sname;
  const std::string_view file = found.dli_fname;
  const auto base = reinterpret_cast<std::uintptr_t>(found.dli_fbase);
  return fmt::format("{}+{:#x}", file.substr(file.rfind('/') + 1), address - base);
}

}  // namespace core
