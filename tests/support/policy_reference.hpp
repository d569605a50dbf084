// A second judge of policies, for tests: it knows a rule as the words of its file, and sets of words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/access/policy.hpp"

namespace shmbus::agent {

using Words = std::vector<std::string>;

// A rule in the words of its file. Keys are 0 … 6, 0 being private segments.
struct RuleText {
  Words who;
  Words operations;
  std::vector<std::pair<Key, Key>> keys;
  std::vector<std::uint32_t> owners;
  std::string as;
  std::optional<Mode> max_mode;
  std::vector<std::uint32_t> uids;
  std::vector<std::uint32_t> gids;
};

// "660" for 0660, always three digits.
[[nodiscard]] std::string octal(Mode mode);

[[nodiscard]] std::string toml_of(const RuleText& rule);

// Whatever of `who` means this caller.
[[nodiscard]] std::set<std::string> words_for(const Subject& subject);

struct ReferenceDecision {
  std::string as;        // as in the file
  std::size_t rule = 0;  // from 1; 0: none

  friend bool operator==(const ReferenceDecision&, const ReferenceDecision&) = default;
};

[[nodiscard]] ReferenceDecision reference(const std::vector<RuleText>& rules, const Subject& subject,
                                          const AccessRequest& asked);

}  // namespace shmbus::agent
