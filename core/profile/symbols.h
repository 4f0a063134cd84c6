// Names of this process's functions by their addresses: of the program by the symbol table of its file, of
// libraries by what they export.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

/// The bytes of a file, mapped for as long as this lives; empty where there is none.
class MappedFile {
 public:
  explicit MappedFile(const char* path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

/// A function of a file's symbol table.
struct FunctionSymbol {
  std::uintptr_t begin = 0;  ///< as the file says, before it is loaded
  std::uintptr_t size = 0;
  std::string_view name;  ///< mangled; of the file
};

/// By their beginnings. Empty where the file has no symbol table (it is stripped), or is no ELF file of 64
/// bits.
std::vector<FunctionSymbol> read_functions(std::string_view elf);

class Symbols {
 public:
  /// Of this process.
  Symbols();
  /// Mangled; of code that nothing names, "gateway+0x1234": the file and where in it.
  [[nodiscard]] std::string name_of(std::uintptr_t address) const;

 private:
  MappedFile program_;
  std::uintptr_t loaded_at_ = 0;
  std::vector<FunctionSymbol> functions_;
};

}  // namespace core
