#include "protocol/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace shmbus {
namespace {

constexpr std::size_t kLongestName = 64;  // longer ones get no hint

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

// Levenshtein distance, one row of the table at a time.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  constexpr std::string_view kPrefix = "shm_";
  std::string_view best;
  std::size_t fewest = kLongestName;
  for (const std::string_view candidate :
       name.size() > kLongestName ? std::span<const std::string_view>() : candidates) {
    const std::string_view bare = candidate.starts_with(kPrefix) ? candidate.substr(kPrefix.size()) : candidate;
    const std::size_t edits = std::min(edits_between(name, candidate), edits_between(name, bare));
    const std::size_t most = std::max<std::size_t>(2, candidate.size() / 3);
    // Two edits turn any name of two letters into any other.
    if (edits <= most && edits < std::min(name.size(), bare.size()) && edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}

}  // namespace shmbus
