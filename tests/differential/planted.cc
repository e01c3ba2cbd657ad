// Which of the bugs of compiler/source/planted.h is planted now.
#include "compiler/source/planted.h"

namespace polc::source {

int planted_bug = 0;

}  // namespace polc::source
