// Where the parts of an encoded message lie.
#pragma once

#include <cstddef>

namespace shmbus {

// Of how many bytes a message is, and at which of them the data of a read's reply or of a write begins; where there is
// none, `data` is `size`.
struct Layout {
  std::size_t size = 0;
  std::size_t data = 0;
};

}  // namespace shmbus
