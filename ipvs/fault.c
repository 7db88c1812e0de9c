// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel would refuse, or take and then not do as meant: told before anything is written.
 */
#include "ipvs/model.h"

#include <string.h>

/* What the kernel takes for unicast without asking its routes. */
static bool is_unicast(const struct addr *addr)
{
    static const uint8_t broadcast[4] = { 255, 255, 255, 255 };
    const uint8_t *bytes = addr->bytes;
    if (addr->family == ADDR_V4)
        return bytes[0] != 0 && (bytes[0] & 0xf0) != 0xe0 &&
               memcmp(bytes, broadcast, sizeof(broadcast)) != 0;
    return !addr_is_any(addr) && bytes[0] != 0xff;
}

/* IPv4 in IPv6 (RFC 4291 section 2.5.5.2): the kernel takes it as a virtual address, but reaches no
 * server by it. */
static bool is_mapped(const struct addr *addr)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    return addr->family == ADDR_V6 && memcmp(addr->bytes, mapped, sizeof(mapped)) == 0;
}

/* Without an interface such an address is nowhere. */
static bool is_link_local(const struct addr *addr)
{
    return addr->family == ADDR_V6 && addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

static const char *key_fault(const struct ipvs_key *key)
{
    if (key->family != ADDR_V4 && key->family != ADDR_V6)
        return "the address family must be IPv4 or IPv6";
    if (key->fwmark != 0)
        return NULL;
    if (ipvs_protocol_name(key->protocol) == NULL)
        return "the protocol must be tcp, udp or sctp";
    if (key->addr.family != key->family)
        return "the address is not of the service's family";
    if (!is_unicast(&key->addr))
        return "the virtual address must be unicast";
    return NULL;
}

static const char *persistence_fault(const struct ipvs_service *service)
{
    bool persistent = (service->flags & IPVS_PERSISTENT) != 0;
    uint8_t full = service->key.family == ADDR_V6 ? 128 : 32;
    if (persistent && (service->timeout == 0 || service->timeout > IPVS_TIMEOUT_MAX))
        return "persistence must last from 1 second to 31 days";
    if (persistent && service->prefix > full)
        return "the persistence prefix has at most 32 bits for IPv4, 128 for IPv6";
    if (service->key.fwmark == 0 && service->key.port == 0 && !persistent)
        return "port 0 (all ports) needs persistence: without it the kernel serves nobody";
    if (service->engine[0] != '\0' && strcmp(service->engine, "sip") != 0)
        return "the kernel's only persistence engine is sip";
    if (service->engine[0] != '\0' && !persistent)
        return "a persistence engine needs persistence";
    if (service->engine[0] != '\0' && service->key.fwmark == 0 && service->key.protocol != IPVS_UDP)
        return "the persistence engine sip is for UDP";
    return NULL;
}

static const char *flag_fault(const struct ipvs_service *service)
{
    if ((service->flags & ~(IPVS_PERSISTENT | IPVS_ONE_PACKET | IPVS_SCHED_ALL)) != 0)
        return "there are flags that nobody knows";
    if ((service->flags & IPVS_ONE_PACKET) != 0 && service->key.fwmark == 0 &&
        service->key.protocol != IPVS_UDP)
        return "one-packet scheduling is for UDP";
    return NULL;
}

const char *ipvs_service_fault(const struct ipvs_service *service)
{
    const char *fault = key_fault(&service->key);
    if (fault == NULL && strcmp(service->scheduler, "none") != 0 &&
        !ipvs_scheduler_known(service->scheduler))
        fault = "there is no such scheduler: rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, "
                "ovf, mh, twos";
    if (fault == NULL)
        fault = flag_fault(service);
    return fault != NULL ? fault : persistence_fault(service);
}

static const char *tunnel_fault(const struct ipvs_dest *dest)
{
    if (ipvs_tunnel_name(dest->tunnel) == NULL || ipvs_checksum_name(dest->checksum) == NULL)
        return "the tunnel must be ipip, gue or gre, its checksum none, csum or remcsum";
    if (dest->tunnel == IPVS_GUE && dest->tunnel_port == 0)
        return "a gue tunnel needs the port that the server's decapsulation listens on";
    if (dest->tunnel != IPVS_GUE && dest->tunnel_port != 0)
        return "a tunnel's port is for gue";
    if (dest->tunnel == IPVS_IPIP && dest->checksum != IPVS_NOCSUM)
        return "an ipip tunnel has no checksum";
    if (dest->tunnel == IPVS_GRE && dest->checksum == IPVS_REMCSUM)
        return "remcsum is for gue tunnels";
    return NULL;
}

static const char *number_fault(const struct ipvs_dest *dest)
{
    if (dest->weight > IPVS_WEIGHT_MAX)
        return "a weight is at most 65535";
    if (dest->upper > INT32_MAX || dest->lower > INT32_MAX)
        return "a threshold is at most 2147483647";
    if (dest->lower > dest->upper)
        return "the lower threshold must not be above the upper one";
    return NULL;
}

/* All but NAT leave the packet as it is, port included. */
static const char *port_fault(const struct ipvs_service *service, const struct ipvs_dest *dest)
{
    if (service->key.fwmark != 0)
        return NULL;
    if (dest->forward != IPVS_NAT && dest->port != service->key.port)
        return "only nat changes packets: the server's port must be the service's";
    if (dest->port == 0 && service->key.port != 0)
        return "the server needs a port";
    return NULL;
}

const char *ipvs_dest_fault(const struct ipvs_service *service, const struct ipvs_dest *dest)
{
    const char *fault = NULL;
    if (dest->addr.family != ADDR_V4 && dest->addr.family != ADDR_V6)
        return "the server needs an IPv4 or IPv6 address";
    if (!is_unicast(&dest->addr) || is_mapped(&dest->addr) || is_link_local(&dest->addr))
        return "the server's address must be unicast and not link-local";
    if (ipvs_forward_name(dest->forward) == NULL)
        return "the forwarding method must be nat, dr or tun";
    if (dest->addr.family != service->key.family && dest->forward != IPVS_TUN)
        return "a server of the other address family is reached by tun only";
    if (dest->forward == IPVS_TUN)
        fault = tunnel_fault(dest);
    if (fault == NULL)
        fault = number_fault(dest);
    return fault != NULL ? fault : port_fault(service, dest);
}
