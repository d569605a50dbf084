// The alternative of a variant that a number at run time selects.
#pragma once

#include <array>
#include <cstddef>
#include <utility>
#include <variant>

namespace shmbus::codec {

// Gives `variant` a default value of its alternative `index`. Requires: index < std::variant_size_v<Variant>.
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
