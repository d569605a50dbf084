// A guess at the name that a misspelt one was meant to be, for "did you mean ...?" hints.
#pragma once

#include <span>
#include <string_view>

namespace shmbus {

// Returns the candidate with the fewest edits (insertion, removal or replacement of a letter) from `name`, ignoring
// case and a missing "shm_", or "" if none is near enough. Near enough is at most two edits or, if that is more, a
// third of the candidate's letters, and always fewer edits than either name has letters. Nothing is near a name of more
// than 64 letters.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace shmbus
