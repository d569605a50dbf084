// A second implementation of policies, to compare the real one with. It is slow and simple: a rule is the words of its
// file, and a caller is the set of words that match it.
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

// A rule in the words of its file. Keys are 0 to 6; 0 stands for private segments.
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

// Returns "660" for 0660, always with three digits.
[[nodiscard]] std::string octal(Mode mode);

[[nodiscard]] std::string toml_of(const RuleText& rule);

// Returns every word of a rule's `who` that matches this caller.
[[nodiscard]] std::set<std::string> words_for(const Subject& subject);

struct ReferenceDecision {
  std::string as;        // the word of the file
  std::size_t rule = 0;  // the number of the rule, from 1; 0: the default applied

  friend bool operator==(const ReferenceDecision&, const ReferenceDecision&) = default;
};

// Returns the decision of the first rule that matches, or the default without one.
[[nodiscard]] ReferenceDecision reference(const std::vector<RuleText>& rules, const Subject& subject,
                                          const AccessRequest& asked);

}  // namespace shmbus::agent
