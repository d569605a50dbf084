// A test suite for ShmKernel, run on the fake and on the real kernel alike. Run it in an IPC namespace of its own:
// unshare --ipc. Outside of one, and without root, it removes only what it made.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/kernel_subjects.hpp"

namespace shmbus::agent {

inline constexpr Key kKey = 0xF0005679;  // negative as a key_t
inline constexpr std::uint32_t kStranger = 12345;

struct Variant {
  const char* name;
  std::function<std::unique_ptr<Subject>()> make;
};

class AShmKernel : public testing::TestWithParam<Variant> {
 protected:
  void TearDown() override {
    if (::getuid() == 0) {
      subject_->become(0);
    }
    for (const ShmId shmid : made_) {
      static_cast<void>(kernel_.remove(shmid));
    }
  }

  ShmId made(Key key, std::uint64_t size = 100, Mode mode = Mode{0600}) {
    const Result<Opened> opened = kernel_.create(key, size, mode, true);
    if (!opened) {
      ADD_FAILURE() << opened.error().message;
      return -1;
    }
    made_.push_back(opened->shmid);
    return opened->shmid;
  }

  Attachment attached(ShmId shmid, Access access = Access::kReadWrite) {
    Result<Attachment> attachment = kernel_.attach(shmid, access);
    if (!attachment) {
      throw std::runtime_error(attachment.error().message);
    }
    return *std::move(attachment);
  }

  // A segment of root's, and the caller is somebody else from now on.
  bool stranger_meets(ShmId& shmid, Mode mode) {
    if (::getuid() != 0) {
      return false;
    }
    shmid = made(kKey, 100, mode);
    return subject_->become(kStranger);
  }

  const std::unique_ptr<Subject> subject_ = GetParam().make();
  ShmKernel& kernel_ = subject_->kernel();
  std::vector<ShmId> made_;
};

template <class T>
void expect_error(const Result<T>& result, ErrorCode code, int errno_value) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(name_of(result.error().code), name_of(code)) << result.error().message;
  EXPECT_EQ(errno_name(result.error().errno_value), errno_name(errno_value)) << result.error().message;
}

template <class T>
void expect_told(const Result<T>& result, std::string_view part) {
  ASSERT_FALSE(result.ok());
  EXPECT_NE((result.error().message + "|" + result.error().hint).find(part), std::string::npos)
      << result.error().message << "|" << result.error().hint;
}

}  // namespace shmbus::agent
