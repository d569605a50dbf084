#include "agent/base/json_object.hpp"

#include "protocol/text.hpp"

namespace shmbus::agent {
namespace {

// The beginning of `text`, not cut within a character.
std::string_view shortened(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) {
    return text;
  }
  std::size_t end = most_bytes;
  for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80; ++i) {
    --end;
  }
  return text.substr(0, end);
}

void append_code(std::string& to, unsigned value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  to += "\\u00";
  to += kDigits[value >> 4U & 0xfU];
  to += kDigits[value & 0xfU];
}

// Requires UTF-8.
void append_quoted(std::string& to, std::string_view text) {
  to += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1) {
      append_code(to, static_cast<unsigned char>(text[++i]));
    } else if (byte < 0x20 || byte == 0x7f) {
      append_code(to, byte);
    } else {
      if (byte == '"' || byte == '\\') {
        to += '\\';
      }
      to += text[i];
    }
  }
  to += '"';
}

void append_padded(std::string& to, std::int64_t number, std::size_t width) {
  const std::string digits = std::to_string(number);
  to.append(width > digits.size() ? width - digits.size() : 0, '0');
  to += digits;
}

}  // namespace

std::string rfc3339(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<microseconds>(time) - day);
  std::string text;
  append_padded(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_padded(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_padded(text, clock.hours().count(), 2);
  text += ':';
  append_padded(text, clock.minutes().count(), 2);
  text += ':';
  append_padded(text, clock.seconds().count(), 2);
  text += '.';
  append_padded(text, clock.subseconds().count(), 6);
  text += 'Z';
  return text;
}

void JsonObject::text(std::string_view name, std::string_view value) {
  begin(name);
  append_quoted(json_, escape_foreign(shortened(value, most_text_bytes_)));
}

void JsonObject::text_if_any(std::string_view name, std::string_view value) {
  if (!value.empty()) {
    text(name, value);
  }
}

void JsonObject::number(std::string_view name, std::uint64_t value) { raw(name, std::to_string(value)); }

void JsonObject::object(std::string_view name, const JsonObject& value) { raw(name, value.json_ + '}'); }

std::string JsonObject::line() && { return std::move(json_) + "}\n"; }

void JsonObject::begin(std::string_view name) {
  json_ += json_.size() == 1 ? "\"" : ",\"";
  json_ += name;
  json_ += "\":";
}

void JsonObject::raw(std::string_view name, std::string_view json) {
  begin(name);
  json_ += json;
}

}  // namespace shmbus::agent
