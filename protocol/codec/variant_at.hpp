// The alternative of a variant that a number at run time selects.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <variant>

namespace shmbus::codec {

// A Variant that holds a default value of its alternative `index`. Requires: index < std::variant_size_v<Variant>.
template <class Variant>
[[nodiscard]] Variant variant_at(std::size_t index) {
  return []<std::size_t... kIndexes>(std::size_t wanted, std::index_sequence<kIndexes...>) {
    using Make = Variant (*)();
    constexpr std::array<Make, sizeof...(kIndexes)> kMakers{+[] { return Variant(std::in_place_index<kIndexes>); }...};
    return kMakers.at(wanted)();
  }
  (index, std::make_index_sequence<std::variant_size_v<Variant>>{});
}

}  // namespace shmbus::codec
