#include "compiler/translate/remark.h"

#include "compiler/source/render.h"

namespace polc::translate {

std::string CommentsOf(const std::vector<Remark>& remarks, std::string_view heading) {
  if (remarks.empty()) return "";
  std::string out = "// " + std::string(heading) + "\n";
  for (const Remark& remark : remarks) out += "// - " + source::Printable(remark.text) + "\n";
  return out + "\n";
}

}  // namespace polc::translate
