#include "agent/access/caller.hpp"

#include <array>
#include <charconv>

namespace shmbus::agent {
namespace {

constexpr std::string_view kLocalPrefix = "localhost:";

template <class Number>
std::optional<Number> take_number(std::string_view& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  const bool ends_well = length == text.size() || text[length] == ':';
  if (error != std::errc{} || length == 0 || !ends_well) {
    return std::nullopt;
  }
  text.remove_prefix(length == text.size() ? length : length + 1);
  return number;
}

}  // namespace

std::optional<Caller> caller_from_peer_address(std::string_view peer_address) {
  if (!peer_address.starts_with(kLocalPrefix)) {
    return std::nullopt;
  }
  std::string_view rest = peer_address.substr(kLocalPrefix.size());
  const auto uid = take_number<std::uint32_t>(rest);
  const auto gid = take_number<std::uint32_t>(rest);
  const auto pid = take_number<std::int32_t>(rest);
  if (!uid || !gid || !pid || !rest.empty()) {
    return std::nullopt;
  }
  return Caller{
      .principal = "uid:" + std::to_string(*uid), .uid = uid, .gid = gid, .pid = pid, .key_name = {}, .identity = {}};
}

Caller anonymous_caller() {
  return {.principal = std::string(kAnonymous), .uid = {}, .gid = {}, .pid = {}, .key_name = {}, .identity = {}};
}

Actor actor_of(const Caller& caller) {
  return {.uid = caller.uid, .gid = caller.gid, .pid = caller.pid, .comm = caller.comm, .principal = caller.principal};
}

}  // namespace shmbus::agent
