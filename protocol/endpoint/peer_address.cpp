#include "protocol/endpoint/peer_address.hpp"

#include <algorithm>

#include "protocol/number.hpp"

namespace shmbus {
namespace {

constexpr std::string_view kLocalPrefix = "localhost:";

// Removes and returns the number up to the next colon of `text`, and removes the colon.
template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find(':'), text.size());
  const std::optional<Number> number = parse_number<Number>(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return number;
}

}  // namespace

std::optional<PeerAddress> parse_peer_address(std::string_view text) {
  if (!text.starts_with(kLocalPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kLocalPrefix.size());
  const auto uid = take_number<std::uint32_t>(text);
  const auto gid = take_number<std::uint32_t>(text);
  const auto pid = take_number<std::int32_t>(text);
  if (!uid || !gid || !pid || !text.empty()) {
    return std::nullopt;
  }
  return PeerAddress{.uid = *uid, .gid = *gid, .pid = *pid};
}

}  // namespace shmbus
