/* Preloaded into the server: writes down, in order, every write, truncation, sync and removal of leads.db and
 * its WAL, so that the test can replay what a disk may hold when the power goes. Each record is a header
 * (operation, file, offset, length) and the bytes written; the test appends its own for acknowledgements. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096
static char file_of[FDS]; /* 'd' database, 'w' WAL, 0 anything else */
static int journal = -1;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

static char kind(const char *path) {
  if (ends_with(path, "/leads.db")) return 'd';
  return ends_with(path, "/leads.db-wal") ? 'w' : 0;
}

static char known(int fd) { return fd >= 0 && fd < FDS ? file_of[fd] : 0; }

static void note(char operation, char file, uint64_t offset, const void *bytes, uint64_t length) {
  char head[18] = {operation, file};
  memcpy(head + 2, &offset, 8);
  memcpy(head + 10, &length, 8);
  struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, bytes ? length : 0}};
  if (writev(journal, parts, 2) != (ssize_t)(sizeof head + parts[1].iov_len)) abort();
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("POWERCUT_JOURNAL");
  if (path) journal = REAL(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int opened(int fd, const char *path) {
  if (journal >= 0 && fd >= 0 && fd < FDS) file_of[fd] = kind(path);
  return fd;
}

#define OPEN(name)                                      \
  int name(const char *path, int flags, ...) {          \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode_t mode = va_arg(rest, mode_t);                 \
    va_end(rest);                                       \
    return opened(REAL(name)(path, flags, mode), path); \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  if (known(fd)) file_of[fd] = 0;
  return REAL(close)(fd);
}

/* Two threads' records keep the order of what they did. */
#define RECORDED(fd, call, operation, offset, bytes, length)                                \
  if (!known(fd)) return call;                                                              \
  pthread_mutex_lock(&order);                                                               \
  __typeof__(call) done = call;                                                             \
  if (done >= 0) note(operation, known(fd), offset, bytes, length);                         \
  pthread_mutex_unlock(&order);                                                             \
  return done;

ssize_t write(int fd, const void *bytes, size_t count) {
  off64_t at = known(fd) ? lseek64(fd, 0, SEEK_CUR) : 0;
  RECORDED(fd, REAL(write)(fd, bytes, count), 'W', at, bytes, done)
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  RECORDED(fd, REAL(pwrite64)(fd, bytes, count, at), 'W', at, bytes, done)
}

int ftruncate64(int fd, off64_t size) { RECORDED(fd, REAL(ftruncate64)(fd, size), 'T', size, NULL, 0) }

int fsync(int fd) { RECORDED(fd, REAL(fsync)(fd), 'S', 0, NULL, 0) }

int fdatasync(int fd) { RECORDED(fd, REAL(fdatasync)(fd), 'S', 0, NULL, 0) }

int unlink(const char *path) {
  char file = journal >= 0 ? kind(path) : 0;
  int done = REAL(unlink)(path);
  if (file && done == 0) note('U', file, 0, NULL, 0);
  return done;
}
