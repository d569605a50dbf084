// A setter for the alternative of a variant that is selected by a number at run time: an operation by its row.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <variant>

namespace shmbus::codec {

// Sets `variant` to a default value of its alternative `index`. Requires: index < std::variant_size_v<Variant>, else it
// throws std::out_of_range.
template <class Variant>
void emplace_at(Variant& variant, std::size_t index) {
  []<std::size_t... kIndexes>(Variant & held, std::size_t wanted, std::index_sequence<kIndexes...>) {
    using Emplace = void (*)(Variant&);
    constexpr std::array<Emplace, sizeof...(kIndexes)> kEmplacers{
        +[](Variant& target) { target.template emplace<kIndexes>(); }...};
    kEmplacers.at(wanted)(held);
  }
  (variant, index, std::make_index_sequence<std::variant_size_v<Variant>>{});
}

}  // namespace shmbus::codec
