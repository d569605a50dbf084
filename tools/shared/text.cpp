#include "tools/shared/text.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iomanip>
#include <sstream>
#include <vector>

#include "protocol/mode.hpp"
#include "protocol/text.hpp"

namespace shmbus {
namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string plain(const Json& value) {
  return escape_for_terminal(value.is_string() ? value.get<std::string>() : to_line(value));
}

std::string key_text(std::uint64_t key) {
  if (key == 0) {
    return "0 (private)";
  }
  std::array<char, 32> hex{};
  std::snprintf(hex.data(), hex.size(), " (0x%llx)", static_cast<unsigned long long>(key));
  return std::to_string(key) + hex.data();
}

std::string user_name(std::uint64_t uid) {
  const passwd* entry = getpwuid(static_cast<uid_t>(uid));
  return entry == nullptr ? "" : escape_for_terminal(entry->pw_name);
}

std::string group_name(std::uint64_t gid) {
  const group* entry = getgrgid(static_cast<gid_t>(gid));
  return entry == nullptr ? "" : escape_for_terminal(entry->gr_name);
}

std::string id_text(std::uint64_t id, const std::string& name) {
  return std::to_string(id) + (name.empty() ? "" : " (" + name + ")");
}

std::string mode_text(const Json& digits) {
  const Result<Mode> mode = mode_from_text(digits.is_string() ? digits.get<std::string>() : to_line(digits));
  if (!mode) {
    return plain(digits);
  }
  std::array<char, 16> padded{};
  std::snprintf(padded.data(), padded.size(), "%03u ", mode_digits(*mode));
  return padded.data() + mode_letters(*mode);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) {
    return std::to_string(bytes);
  }
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    amount /= 1024;
  }
  std::array<char, 32> readable{};
  std::snprintf(readable.data(), readable.size(), " (%.4g %s)", amount, kUnits.at(unit));
  return std::to_string(bytes) + readable.data();
}

std::string local_time(std::int64_t seconds, const char* format) {
  const time_t moment = seconds;
  tm parts{};
  if (localtime_r(&moment, &parts) == nullptr) {
    return std::to_string(seconds);
  }
  std::ostringstream text;
  text << std::put_time(&parts, format);
  return text.str();
}

std::string time_text(std::int64_t seconds) {
  return seconds == 0 ? "never" : local_time(seconds, "%Y-%m-%d %H:%M:%S %z") + " (" + std::to_string(seconds) + ")";
}

std::string time_ns_text(std::int64_t time_ns) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  std::array<char, 8> milliseconds{};
  std::snprintf(milliseconds.data(), milliseconds.size(), ".%03d", static_cast<int>(time_ns % kPerSecond / 1'000'000));
  return local_time(time_ns / kPerSecond, "%Y-%m-%d %H:%M:%S") + milliseconds.data();
}

// Rows of equal length, each column as wide as its widest cell. Cells are UTF-8; users and groups are mostly ASCII.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// {"limits":{"shmmax":1}} gives the row limits.shmmax.
void add_rows(std::vector<std::vector<std::string>>& rows, const std::string& prefix, const Json& object) {
  for (const auto& [name, value] : object.items()) {
    if (value.is_object() && !value.empty()) {
      add_rows(rows, prefix + escape_for_terminal(name) + ".", value);
    } else {
      rows.push_back({prefix + escape_for_terminal(name), text_of_field(name, value)});
    }
  }
}

std::string text_of_fields(const Json& object) {
  std::vector<std::vector<std::string>> rows;
  add_rows(rows, "", object);
  return aligned(rows);
}

std::string text_of_list(const Json& result) {
  std::vector<std::vector<std::string>> rows{
      {"SHMID", "KEY", "BYTES", "MODE", "OWNER", "GROUP", "ATTACHED", "CREATOR", "CHANGED", "STATE"}};
  for (const Json& stat : result["segments"]) {
    const auto field = [&stat](const char* name) { return text_of_field(name, stat.value(name, Json(0))); };
    std::string state = stat.value("marked", false) ? "marked" : "";
    if (stat.value("locked", false)) {
      state += state.empty() ? "locked" : ",locked";
    }
    rows.push_back({field("shm_shmid"), field("shm_key"), field("shm_segsz"), field("mode"), field("uid"), field("gid"),
                    field("shm_nattch"), "pid " + field("shm_cpid"),
                    local_time(stat.value("shm_ctime", std::int64_t{0}), "%Y-%m-%d %H:%M:%S"), state});
  }
  return aligned(rows);
}

std::string text_of_events(const Json& result) {
  std::string text;
  for (const Json& event : result["events"]) {
    text += text_of_event(event) + "\n";
  }
  return text;
}

std::string indented(const std::string& lines) {
  std::string text;
  std::istringstream rest(lines);
  for (std::string line; std::getline(rest, line);) {
    text += "  " + line + "\n";
  }
  return text;
}

std::string text_of_batch(const Json& result) {
  std::string text;
  std::size_t number = 0;
  for (const Json& reply : result["replies"]) {
    text += "request " + std::to_string(++number) + ": ";
    if (reply.value("ok", false)) {
      text += "ok\n" + indented(text_of_reply(reply));
    } else {
      const Json error = reply.value("error", Json::object());
      text += plain(error.value("code", Json(""))) + ": " + plain(error.value("message", Json(""))) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string text_of_field(std::string_view name, const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  if (name == "mode") {
    return mode_text(value);
  }
  if (value.is_number_integer()) {
    if (name == "shm_key") {
      return key_text(value.get<std::uint64_t>());
    }
    if (is_one_of(name, {"uid", "cuid"})) {
      return id_text(value.get<std::uint64_t>(), user_name(value.get<std::uint64_t>()));
    }
    if (is_one_of(name, {"gid", "cgid"})) {
      return id_text(value.get<std::uint64_t>(), group_name(value.get<std::uint64_t>()));
    }
    if (is_one_of(name, {"shm_segsz", "bytes", "shmmax", "max_data", "page_size"})) {
      return size_text(value.get<std::uint64_t>());
    }
    if (name == "shmall") {
      return to_line(value) + " pages";
    }
    if (is_one_of(name, {"shm_atime", "shm_dtime", "shm_ctime", "started"})) {
      return time_text(value.get<std::int64_t>());
    }
    if (name == "time_ns") {
      return time_ns_text(value.get<std::int64_t>());
    }
    if (is_one_of(name, {"lease_ms", "interval_ms"})) {
      return to_line(value) + " (" + to_line(Json(value.get<double>() / 1000)) + " s)";
    }
  }
  if (value.is_array()) {
    std::string text;
    for (const Json& item : value) {
      text += (text.empty() ? "" : ", ") + text_of_field(name, item);
    }
    return text;
  }
  return plain(value);
}

std::string text_of_event(const Json& event) {
  const auto field = [&event](const char* name) { return text_of_field(name, event.value(name, Json(""))); };
  std::string kind = field("event");
  kind.resize(std::max<std::size_t>(kind.size(), 8), ' ');
  std::string text = field("time_ns") + "  " + kind + "  ";
  if (event.contains("from")) {
    text += "at least " + field("at_least") + " changes of shmid " + field("from") + " to " + field("to");
  } else {
    text += "key " + field("shm_key") + "  shmid " + field("shm_shmid");
  }
  if (event.contains("length")) {
    text += "  " + field("length") + " bytes at " + field("offset");
  }
  const Json changed = event.value("changed", Json::object());
  for (const auto& [name, values] : changed.items()) {
    if (values.is_array() && values.size() == 2) {
      text += "  " + escape_for_terminal(name) + " " + text_of_field(name, values[0]) + " -> " +
              text_of_field(name, values[1]);
    }
  }
  if (changed.empty() && event.contains("stat")) {
    const Json& stat = event["stat"];
    constexpr std::array<std::pair<const char*, const char*>, 3> kShown{
        {{"shm_segsz", "size"}, {"mode", "mode"}, {"uid", "owner"}}};
    for (const auto& [name, label] : kShown) {
      if (stat.contains(name)) {
        text += std::string("  ") + label + " " + text_of_field(name, stat[name]);
      }
    }
  }
  text += "  seq " + field("seq") + "  source " + field("source");
  const char* by = "  by";
  const Json actor = event.value("actor", Json::object());
  for (const auto& [name, value] : actor.items()) {
    text += by + (" " + escape_for_terminal(name)) + " " + text_of_field(name, value);
    by = "";
  }
  return text;
}

std::string text_of_reply(const Json& reply) {
  const Json result = reply.value("result", Json::object());
  if (result.contains("segments")) {
    return text_of_list(result);
  }
  if (result.contains("events")) {
    return text_of_events(result);
  }
  if (result.contains("replies")) {
    return text_of_batch(result);
  }
  if (result.empty() && reply.contains("epoch")) {
    return text_of_fields({{"epoch", reply["epoch"]}, {"seq", reply.value("seq", Json(0))}});
  }
  return text_of_fields(result);
}

}  // namespace shmbus
