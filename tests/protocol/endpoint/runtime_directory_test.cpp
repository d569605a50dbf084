#include "protocol/endpoint/runtime_directory.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace shmbus {
namespace {

class ARuntimeDirectory : public testing::Test {
 protected:
  ARuntimeDirectory() {
    for (const char* variable : {"SHMBUS_RUNTIME_DIR", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
      if (const char* value = std::getenv(variable)) {
        saved_[variable] = value;
      }
      ::unsetenv(variable);
    }
  }
  ~ARuntimeDirectory() override {
    for (const char* variable : {"SHMBUS_RUNTIME_DIR", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
      ::unsetenv(variable);
    }
    for (const auto& [variable, value] : saved_) {
      ::setenv(variable.c_str(), value.c_str(), 1);
    }
  }

  void make(mode_t mode) const {
    ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }

  const TemporaryDirectory base_;
  const std::string path_ = base_.file("shmbus");
  std::map<std::string, std::string> saved_;
};

void expect_error(const Result<void>& result, ErrorCode code, std::string_view part) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(name_of(result.error().code), name_of(code));
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
}

TEST_F(ARuntimeDirectory, IsWhatTheEnvironmentSaysFirst) {
  ::setenv("SHMBUS_RUNTIME_DIR", "/a/b/", 1);
  ::setenv("RUNTIME_DIRECTORY", "/run/unit", 1);
  EXPECT_EQ(agent_runtime_directory().path, "/a/b");
  EXPECT_FALSE(agent_runtime_directory().from_systemd);
}

TEST_F(ARuntimeDirectory, IsTheFirstThatSystemdMade) {
  ::setenv("SHMBUS_RUNTIME_DIR", "", 1);
  ::setenv("RUNTIME_DIRECTORY", "/run/unit:/run/other", 1);
  EXPECT_EQ(agent_runtime_directory().path, "/run/unit");
  EXPECT_TRUE(agent_runtime_directory().from_systemd);
}

TEST_F(ARuntimeDirectory, IsTheHostsForRoot) {
  if (::geteuid() != 0) {
    GTEST_SKIP() << "needs root";
  }
  ::setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
  EXPECT_EQ(agent_runtime_directory().path, kHostRuntimeDirectory);
  EXPECT_EQ(client_runtime_directories(), std::vector<std::string>{kHostRuntimeDirectory});
}

TEST_F(ARuntimeDirectory, IsTheUsersOwnForOthers) {
  if (::geteuid() == 0 && ::seteuid(12345) != 0) {
    GTEST_SKIP() << "needs a uid beside root's";
  }
  const std::string fallback = agent_runtime_directory().path;
  ::setenv("XDG_RUNTIME_DIR", "relative", 1);
  const std::string relative = agent_runtime_directory().path;
  ::setenv("XDG_RUNTIME_DIR", "/run/user/5", 1);
  const std::string user = agent_runtime_directory().path;
  const std::string expected = "/tmp/shmbus-" + std::to_string(::geteuid());
  if (::getuid() == 0) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(fallback, expected);
  EXPECT_EQ(relative, expected);
  EXPECT_EQ(user, "/run/user/5/shmbus");
}

TEST_F(ARuntimeDirectory, IsLookedForBeforeTheHosts) {
  ::setenv("SHMBUS_RUNTIME_DIR", path_.c_str(), 1);
  EXPECT_EQ(client_runtime_directories(), (std::vector<std::string>{path_, kHostRuntimeDirectory}));
}

TEST_F(ARuntimeDirectory, IsCreatedPrivateAndFoundGoodAgain) {
  ASSERT_TRUE(prepare_runtime_directory({path_}).ok());
  struct stat state {};
  ASSERT_EQ(::stat(path_.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0700U);
  EXPECT_TRUE(prepare_runtime_directory({path_ + "/"}).ok());
  EXPECT_TRUE(check_runtime_directory(path_).ok());
}

TEST_F(ARuntimeDirectory, IsCreatedWithoutItsParents) {
  expect_error(prepare_runtime_directory({path_ + "/deeper"}), ErrorCode::kNotFound, path_);
}

TEST_F(ARuntimeDirectory, MayBeOpenToItsGroupForReading) {
  make(0750);
  EXPECT_TRUE(prepare_runtime_directory({path_}).ok());
}

TEST_F(ARuntimeDirectory, IsRefusedWhenOpenToOthers) {
  make(0701);
  expect_error(prepare_runtime_directory({path_}), ErrorCode::kPermissionDenied, "is accessible to other users");
  EXPECT_TRUE(check_runtime_directory(path_).ok()) << "a client only minds who can write";
  ASSERT_EQ(::chmod(path_.c_str(), 0777), 0);
  expect_error(check_runtime_directory(path_), ErrorCode::kPermissionDenied, "writable by other users");
}

TEST_F(ARuntimeDirectory, IsRefusedAsALink) {
  std::filesystem::create_directory(base_.file("real"));
  std::filesystem::create_symlink(base_.file("real"), path_);
  expect_error(prepare_runtime_directory({path_}), ErrorCode::kPermissionDenied, "symbolic link");
  expect_error(prepare_runtime_directory({path_ + "/"}), ErrorCode::kPermissionDenied, "symbolic link");
  expect_error(check_runtime_directory(path_), ErrorCode::kPermissionDenied, "symbolic link");
}

TEST_F(ARuntimeDirectory, IsRefusedAsAFile) {
  std::ofstream(path_) << "";
  expect_error(prepare_runtime_directory({path_}), ErrorCode::kPermissionDenied, "not a directory");
}

TEST_F(ARuntimeDirectory, IsRefusedWhenSomebodyElses) {
  make(0700);
  if (::geteuid() != 0 || ::chown(path_.c_str(), 12345, 12345) != 0) {
    GTEST_SKIP() << "needs root";
  }
  expect_error(prepare_runtime_directory({path_}), ErrorCode::kPermissionDenied, "is owned by uid 12345");
  expect_error(check_runtime_directory(path_), ErrorCode::kPermissionDenied, "is owned by uid 12345");
}

TEST_F(ARuntimeDirectory, MayHaveAnyModeWhenSystemdMadeIt) {
  make(0755);
  EXPECT_TRUE(prepare_runtime_directory({path_, true}).ok());
  expect_error(prepare_runtime_directory({path_ + "/missing", true}), ErrorCode::kNotFound, "missing");
}

TEST_F(ARuntimeDirectory, IsNotFoundWhenMissing) {
  expect_error(check_runtime_directory(path_), ErrorCode::kNotFound, path_);
}

}  // namespace
}  // namespace shmbus
