#include <algorithm>

#include "compiler/explain/render.h"
#include "compiler/source/quote.h"
#include "compiler/source/xml.h"
#include "fmt/format.h"

namespace polc::explain {
namespace {

// Sizes in CSS pixels. A line of this many characters fits the width at the size of the font.
constexpr int kWidth = 520, kLeft = 44, kLine = 20, kGap = 18, kInset = 12;
constexpr size_t kColumns = 54;
// A picture of more tests than these nobody looks at; the text has them all.
constexpr size_t kMaxTests = 12;

// Cut into lines at blanks; a word that is longer than a line is cut where it is.
std::vector<std::string> Wrap(std::string_view text, size_t columns) {
  std::vector<std::string> out(1);
  size_t width = 0, offset = 0;
  std::string word;
  size_t word_width = 0;
  const auto flush = [&] {
    if (width > 0 && width + 1 + word_width > columns) out.emplace_back(), width = 0;
    if (width > 0) out.back() += ' ', ++width;
    out.back() += word;
    width += word_width;
    word.clear();
    word_width = 0;
  };
  while (offset < text.size()) {
    const size_t from = offset;
    const char32_t c = source::NextCodePoint(text, &offset);
    if (c == ' ') {
      flush();
      continue;
    }
    if (word_width == columns) flush();
    word += text.substr(from, offset - from);
    ++word_width;
  }
  flush();
  return out;
}

class Picture {
 public:
  std::string Draw(const Document& document) {
    int y = kGap;
    Box(Wrap(document.asked, kColumns), {}, Mark::kPlain, "start", &y);
    for (size_t i = 0; i < document.path.size(); ++i) {
      const Step& step = document.path[i];
      const bool last = i + 1 == document.path.size();
      std::vector<std::string> head =
          last ? std::vector<std::string>{step.question} : Wrap(step.question + " " + step.answer, kColumns);
      std::vector<std::pair<std::string, Mark>> lines;
      if (last) {
        for (std::string& line : Wrap(step.answer, kColumns))
          lines.emplace_back(std::move(line), Mark::kPlain);
      }
      size_t shown = 0;
      for (const Line& test : step.tests) {
        if (shown++ == kMaxTests) {
          lines.emplace_back(fmt::format("and {} more", step.tests.size() - kMaxTests), Mark::kPlain);
          break;
        }
        for (std::string& line : Wrap(test.text, kColumns)) lines.emplace_back(std::move(line), test.mark);
        for (const Line& below : test.below) {
          const std::string text = below.code.empty()   ? below.text
                                   : below.text.empty() ? below.code
                                                        : below.code + ": " + below.text;
          for (std::string& line : Wrap(text, kColumns - 2)) lines.emplace_back("\u2003" + line, below.mark);
        }
      }
      Arrow(&y, step.mark);
      Box(head, lines, step.mark, last ? "end" : "", &y);
    }
    y += kGap;
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "role=\"img\" "
        "aria-label=\"{2}\"><style>{3}</style>\n{4}</svg>\n",
        kWidth, y, source::Xml("The way to the decision " + document.outcome), kStyle, body_);
  }

 private:
  static constexpr std::string_view kStyle =
      "svg{font:14px ui-monospace,Menlo,Consolas,monospace;max-width:100%;height:auto}"
      "rect{fill:#fff;stroke:#8a94a0;stroke-width:1.5}"
      "rect.yes{stroke:#1a7f4b}rect.no{stroke:#b42318}rect.error{stroke:#9a6700}rect.end{stroke-width:3}"
      "text{fill:#1c2128}text.head{font-weight:700}text.yes{fill:#116338}text.no{fill:#a01c12}text.error{"
      "fill:#7a5200}"
      "path{fill:none;stroke:#8a94a0;stroke-width:1.5}"
      "@media(prefers-color-scheme:dark){rect{fill:#161b22;stroke:#6e7781}text{fill:#e6edf3}"
      "rect.yes{stroke:#3fb950}rect.no{stroke:#f85149}rect.error{stroke:#d29922}"
      "text.yes{fill:#56d364}text.no{fill:#ff7b72}text.error{fill:#e3b341}}";

  void Box(const std::vector<std::string>& head, const std::vector<std::pair<std::string, Mark>>& lines,
           Mark mark, std::string_view extra, int* y) {
    const int height = static_cast<int>(head.size() + lines.size()) * kLine + kInset;
    body_ += fmt::format("<rect class=\"{} {}\" x=\"8\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n",
                         MarkName(mark), extra, *y, kWidth - 16, height);
    int at = *y + kLine;
    for (const std::string& line : head) Text(line, "head", 20, &at);
    for (const auto& [line, of] : lines) Text(line, MarkName(of), kLeft, &at);
    *y += height;
  }
  void Text(const std::string& text, std::string_view of, int x, int* y) {
    body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", of, x, *y, source::Xml(text));
    *y += kLine;
  }
  void Arrow(int* y, Mark) {
    body_ += fmt::format("<path d=\"M28 {0}v{1}m-5 -6l5 6l5 -6\"/>\n", *y, kGap);
    *y += kGap;
  }

  std::string body_;
};

}  // namespace

std::string ToSvg(const Document& document) { return Picture().Draw(document); }

}  // namespace polc::explain
