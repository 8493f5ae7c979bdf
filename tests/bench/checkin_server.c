#include "checkin_server.h"

#include "device/door.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "checkin: %s\n", what);
    exit(1);
}

static void bind_thread(pid_t thread, unsigned first, unsigned last) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (unsigned core = first; core <= last; core++) {
        CPU_SET(core, &cores);
    }
    if (sched_setaffinity(thread, sizeof cores, &cores) != 0) {
        give_up("this needs two cores");
    }
}

void bind_to_core(unsigned core) {
    bind_thread(0, core, core);
}

/* The next thread's entry; "." and ".." are none: what is in ".." is the whole process's, so the main
 * thread's. */
static struct dirent *next_task(DIR *tasks) {
    struct dirent *entry = tasks == NULL ? NULL : readdir(tasks);
    while (entry != NULL && entry->d_name[0] == '.') {
        entry = readdir(tasks);
    }
    return entry;
}

/* The threads but the loop (device-door) go to the other core. */
static void move_other_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *entry;
    while ((entry = next_task(tasks)) != NULL) {
        char path[300];
        char name[32] = "";
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file != NULL) {
            bool is_read = fgets(name, sizeof name, file) != NULL;
            fclose(file);
            if (is_read && strcmp(name, "device-door\n") != 0) {
                bind_thread((pid_t)strtol(entry->d_name, NULL, 10), 1, 1);
            }
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
}

static _Noreturn void run_door(const char *url, const unsigned char *secret, uint32_t batch_max,
                               enum door_cores cores, int control, int said) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bind_thread(0, 0, cores == DOOR_ON_BOTH_CORES ? 1 : 0);
    struct fault fault;
    struct device_door *door = NULL;
    struct device_options options = {.database_url = text_of(url),
                                     .address = TEXT("127.0.0.1:0"),
                                     .secret = secret,
                                     .log_fd = STDERR_FILENO,
                                     .batch_max = batch_max};
    if (device_door_start(&options, &door, &fault) != STATUS_OK) {
        give_up(fault.message);
    }
    if (cores == DOOR_LOOP_ON_CORE_0) {
        move_other_threads();
    }
    struct text said_url = device_door_url(door);
    if (write(said, said_url.at, said_url.length) < 0) {
        give_up("the pipe");
    }
    close(said);
    char byte;
    (void)!read(control, &byte, 1);
    device_door_stop(door);
    exit(0);
}

struct server door_begin(const char *url, const unsigned char *secret, uint32_t batch_max,
                         enum door_cores cores) {
    int control[2];
    int said[2];
    if (pipe(control) != 0 || pipe(said) != 0) {
        give_up("the pipe");
    }
    double began = seconds_now();
    struct server server = {.process = fork(), .control = control[1]};
    if (server.process == 0) {
        close(control[1]);
        close(said[0]);
        run_door(url, secret, batch_max, cores, control[0], said[1]);
    }
    close(control[0]);
    close(said[1]);
    char words[256] = "";
    if (read(said[0], words, sizeof words - 1) <= 0) {
        give_up("the door did not start");
    }
    close(said[0]);
    server.started_in = seconds_now() - began;
    server.port = htons((uint16_t)strtol(strrchr(words, ':') + 1, NULL, 10));
    return server;
}

static int try_connect(in_port_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A port that was free a moment ago. */
static in_port_t free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        give_up("no port");
    }
    close(fd);
    return address.sin_port;
}

struct server nginx_begin(const char *place, size_t body_bytes) {
    char path[512];
    snprintf(path, sizeof path, "%s/nginx.conf", place);
    struct server server = {.port = free_port(), .control = -1};
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        give_up("nginx.conf");
    }
    fprintf(file,
            "daemon off; master_process off; worker_processes 1; pid %s/nginx.pid; error_log %s/error.log;\n"
            "events { worker_connections 4096; }\n"
            "http { access_log off; keepalive_requests 1000000000; keepalive_timeout 3600s;\n"
            "client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3; uwsgi_temp_path "
            "%s/t4;\n"
            "scgi_temp_path %s/t5; default_type application/json;\n"
            "server { listen 127.0.0.1:%d; location / { return 200 '",
            place, place, place, place, place, place, place, ntohs(server.port));
    for (size_t i = 0; i < body_bytes; i++) {
        fputc('x', file);
    }
    fprintf(file, "'; } } }\n");
    fclose(file);
    server.process = fork();
    if (server.process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bind_to_core(0);
        execlp("nginx", "nginx", "-p", place, "-c", path, (char *)NULL);
        give_up("nginx is not installed");
    }
    for (int i = 0; i < 200; i++) {
        int fd = try_connect(server.port);
        if (fd >= 0) {
            close(fd);
            return server;
        }
        nanosleep(&(struct timespec){.tv_nsec = 20L * 1000 * 1000}, NULL);
    }
    give_up("nginx did not start");
}

void server_end(struct server *server) {
    if (server->control >= 0) {
        close(server->control);
    } else {
        kill(server->process, SIGTERM);
    }
    waitpid(server->process, NULL, 0);
}

static double read_task(const char *task, const char *file, char *words, size_t size) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", task, file);
    FILE *opened = fopen(path, "r");
    words[0] = '\0';
    if (opened != NULL) {
        (void)!fgets(words, (int)size, opened);
        fclose(opened);
    }
    return strtod(words, NULL);
}

double server_processor_s(const struct server *server, const char *thread) {
    char folder[64];
    double seconds = 0;
    snprintf(folder, sizeof folder, "/proc/%d/task", (int)server->process);
    DIR *tasks = opendir(folder);
    struct dirent *entry;
    while ((entry = next_task(tasks)) != NULL) {
        char task[330];
        char words[128];
        snprintf(task, sizeof task, "%s/%s", folder, entry->d_name);
        read_task(task, "comm", words, sizeof words);
        words[strcspn(words, "\n")] = '\0';
        if (thread == NULL || strcmp(thread, words) == 0) {
            seconds += read_task(task, "schedstat", words, sizeof words) / 1e9;
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return seconds;
}

double server_metric(const struct server *server, const char *name) {
    static const char ASK[] = "GET /metrics HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n";
    static char answer[1 << 16];
    size_t had = 0;
    ssize_t count = 0;
    int fd = try_connect(server->port);
    if (fd < 0 || send(fd, ASK, sizeof ASK - 1, 0) < 0) {
        give_up("no metrics");
    }
    while (had < sizeof answer - 1 && (count = recv(fd, answer + had, sizeof answer - 1 - had, 0)) > 0) {
        had += (size_t)count;
    }
    close(fd);
    answer[had] = '\0';
    char wanted[100];
    size_t length = (size_t)snprintf(wanted, sizeof wanted, "\nseatmeter_device_%s ", name);
    const char *at = strstr(answer, wanted);
    return at == NULL ? 0 : strtod(at + length, NULL);
}
