// The likely intention behind a misspelt name.
#pragma once

#include <span>
#include <string_view>

namespace shmbus {

// The candidate nearest to `name`, ignoring case and a missing "shm_"; "" if all take more than two edits (insertion,
// removal or replacement of a letter), or than a third of the candidate's letters where that is more.
[[nodiscard]] std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace shmbus
