/* Owners and access lists (DACL), read strictly: an entry of a kind that is not known here counts as one that
 * lets somebody write. */
#include "trust_windows.h"

#ifdef _WIN32

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <stddef.h>
#include <stdint.h>

enum { TOKEN_USER_BYTES = sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE };

/* Who may write: administrators, the system, TrustedInstaller (S-1-5-80-…), whoever makes a file (an entry
 * for heirs alone), and the owner, who is looked at by himself. */
static const wchar_t *const TRUSTED[] = {
    L"S-1-5-32-544", L"S-1-5-18", L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
    L"S-1-3-0",      L"S-1-3-4",
};

static const DWORD WRITING = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES |
                             FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE |
                             GENERIC_ALL;

/* What the process's token says, into `out`. */
static bool ask_token(TOKEN_INFORMATION_CLASS what, void *out, DWORD size) {
    HANDLE token = NULL;
    DWORD length = 0;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        return false;
    }
    BOOL is_told = GetTokenInformation(token, what, out, size, &length);
    (void)CloseHandle(token);
    return is_told;
}

bool trust_is_privileged(void) {
    TOKEN_ELEVATION elevation = {0};
    return !ask_token(TokenElevation, &elevation, sizeof elevation) || elevation.TokenIsElevated != 0;
}

static bool is_own_user(PSID sid) {
    union {
        TOKEN_USER user;
        unsigned char room[TOKEN_USER_BYTES];
    } token;
    return ask_token(TokenUser, &token, sizeof token) && EqualSid(sid, token.user.User.Sid);
}

static bool is_trusted(PSID sid) {
    for (size_t i = 0; i < sizeof TRUSTED / sizeof TRUSTED[0]; i++) {
        PSID trusted = NULL;
        bool is_it = ConvertStringSidToSidW(TRUSTED[i], &trusted) && EqualSid(sid, trusted);
        (void)LocalFree(trusted);
        if (is_it) {
            return true;
        }
    }
    return is_own_user(sid);
}

/* Whether the entry lets somebody write who is not trusted. */
static bool lets_others_write(const ACE_HEADER *header) {
    if (header->AceType == ACCESS_DENIED_ACE_TYPE) {
        return false;
    }
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE) {
        return true;
    }
    const ACCESS_ALLOWED_ACE *entry = (const ACCESS_ALLOWED_ACE *)(const void *)header;
    return (entry->Mask & WRITING) != 0 && !is_trusted((PSID)(uintptr_t)&entry->SidStart);
}

static enum trust judge(PSID owner, ACL *list) {
    if (owner == NULL || list == NULL || !is_trusted(owner)) {
        return TRUST_NOT; /* no list at all: everybody may do everything */
    }
    for (DWORD i = 0; i < list->AceCount; i++) {
        void *entry = NULL;
        if (!GetAce(list, i, &entry) || lets_others_write(entry)) {
            return TRUST_NOT;
        }
    }
    return TRUST_GOOD;
}

/* A link, or a mount point: its name stands for another. */
static bool is_link(HANDLE file) {
    FILE_ATTRIBUTE_TAG_INFO info = {0};
    return GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info) &&
           (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
           IsReparseTagNameSurrogate(info.ReparseTag);
}

enum trust trust_of(const wchar_t *path) {
    HANDLE file = CreateFileW(path, READ_CONTROL | FILE_READ_ATTRIBUTES,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ACL *list = NULL;
    if (file == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? TRUST_ABSENT : TRUST_UNKNOWN;
    }
    enum trust trust = TRUST_NOT;
    DWORD error = 0;
    if (!is_link(file)) {
        error = GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                &owner, NULL, &list, NULL, &descriptor);
        trust = error == ERROR_SUCCESS ? judge(owner, list) : TRUST_UNKNOWN;
    }
    (void)LocalFree(descriptor);
    (void)CloseHandle(file);
    SetLastError(error);
    return trust;
}

/* NULL where there is no memory. */
static void *descriptor_of(const wchar_t *text) {
    PSECURITY_DESCRIPTOR descriptor = NULL;
    return ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL)
               ? descriptor
               : NULL;
}

bool trust_make_directory(const wchar_t *path) {
    SECURITY_ATTRIBUTES attributes = {.nLength = sizeof attributes};
    if (trust_is_privileged()) {
        attributes.lpSecurityDescriptor = descriptor_of(L"O:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)");
        if (attributes.lpSecurityDescriptor == NULL) {
            return false;
        }
    }
    BOOL is_made = CreateDirectoryW(path, &attributes);
    DWORD error = GetLastError();
    (void)LocalFree(attributes.lpSecurityDescriptor);
    SetLastError(error);
    return is_made;
}

void *trust_owned_by_administrators(void) {
    return trust_is_privileged() ? descriptor_of(L"O:BA") : NULL;
}

void *trust_private(void) {
    return descriptor_of(L"D:P(A;;FA;;;OW)(A;;FA;;;SY)(A;;FA;;;BA)");
}

#endif
