#include "tools/shared/text.hpp"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <iomanip>
#include <map>
#include <sstream>
#include <vector>

#include "protocol/mode.hpp"
#include "protocol/text.hpp"

namespace shmbus {
namespace {

std::string plain(const Json& value) {
  return escape_for_terminal(value.is_string() ? value.get<std::string>() : to_line(value));
}

std::string key_text(const Json& key) {
  if (key == 0) {
    return "0 (private)";
  }
  return (std::ostringstream() << key << " (0x" << std::hex << key.get<std::uint64_t>() << ")").str();
}

std::string id_text(const Json& id, const char* name) {
  return to_line(id) + (name == nullptr ? "" : " (" + escape_for_terminal(name) + ")");
}

std::string user_text(const Json& uid) {
  const passwd* entry = getpwuid(uid.get<uid_t>());
  return id_text(uid, entry == nullptr ? nullptr : entry->pw_name);
}

std::string group_text(const Json& gid) {
  const group* entry = getgrgid(gid.get<gid_t>());
  return id_text(gid, entry == nullptr ? nullptr : entry->gr_name);
}

std::string permissions_text(const Json& digits) {
  const Result<Mode> mode = mode_from_text(digits.is_string() ? digits.get<std::string>() : to_line(digits));
  if (!mode) {
    return plain(digits);
  }
  return mode_text(*mode) + " " + mode_letters(*mode);
}

std::string size_text(const Json& bytes) {
  const auto [amount, unit] = in_unit(bytes.get<double>());
  std::ostringstream text;
  text << bytes;
  if (bytes >= 1024) {
    text << " (" << std::setprecision(4) << amount << " " << unit << ")";
  }
  return text.str();
}

std::string pages_text(const Json& pages) { return to_line(pages) + " pages"; }

std::string duration_text(const Json& ms) { return to_line(ms) + " (" + to_line(ms.get<double>() / 1000) + " s)"; }

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

std::string time_text(const Json& seconds) {
  return seconds == 0 ? "never" : local_time(seconds, "%Y-%m-%d %H:%M:%S %z") + " (" + to_line(seconds) + ")";
}

std::string time_ns_text(const Json& time_ns) {
  constexpr std::int64_t kPerSecond = 1'000'000'000;
  const auto time = time_ns.get<std::int64_t>();
  std::ostringstream text;
  text << local_time(time / kPerSecond, "%Y-%m-%d %H:%M:%S") << "." << std::setw(3) << std::setfill('0')
       << time % kPerSecond / 1'000'000;
  return text.str();
}

// Formats for integer fields, by name; other integers are printed unchanged.
const std::map<std::string_view, std::string (*)(const Json&)> kIntegers{
    {"shm_key", key_text},     {"uid", user_text},          {"cuid", user_text},
    {"gid", group_text},       {"cgid", group_text},        {"shm_segsz", size_text},
    {"bytes", size_text},      {"shmmax", size_text},       {"max_data", size_text},
    {"page_size", size_text},  {"shmall", pages_text},      {"shm_atime", time_text},
    {"shm_dtime", time_text},  {"shm_ctime", time_text},    {"started", time_text},
    {"time_ns", time_ns_text}, {"lease_ms", duration_text}, {"interval_ms", duration_text}};

// Pads each column to its widest cell. Widths are counted in bytes: names of users and groups are mostly ASCII.
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

// Flattens nested objects: {"limits":{"shmmax":1}} gives the row limits.shmmax.
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

std::pair<double, const char*> in_unit(double bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    bytes /= 1024;
  }
  return {bytes, kUnits.at(unit)};
}

std::string text_of_field(std::string_view name, const Json& value) {
  if (value.is_boolean()) {
    return value.get<bool>() ? "yes" : "no";
  }
  if (name == "mode") {
    return permissions_text(value);
  }
  if (const auto shown = kIntegers.find(name); value.is_number_integer() && shown != kIntegers.end()) {
    return shown->second(value);
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
    text += "at least " + field("at_least") + " changes to shmids " + field("from") + " to " + field("to");
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
